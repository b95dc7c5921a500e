//! Addresses of model servers as people write them. Pure.

use super::Provider;

/// `http://host:port/path` of an address as people write it: with or without scheme, port, trailing slash or `/v1`.
/// `0.0.0.0` is where a server listens, not where it is reached.
pub fn base_url_of(text: &str, provider: Option<Provider>) -> Result<String, String> {
    let wrong = || "is not an address such as `http://127.0.0.1:11434`".to_owned();
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (scheme.to_lowercase(), rest),
        None => ("http".to_owned(), text),
    };
    if !["http", "https"].contains(&scheme.as_str()) || rest.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(wrong());
    }
    if rest.contains(['?', '#']) {
        return Err("must not have a query or a fragment".into());
    }
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    if authority.contains('@') {
        return Err("must not hold a user name or a password".into());
    }
    let (host, port) = split_port(authority).ok_or_else(wrong)?;
    let host = match host.to_lowercase().as_str() {
        "0.0.0.0" | "" | "*" => "127.0.0.1".to_owned(),
        "[::]" => "[::1]".to_owned(),
        other => other.to_owned(),
    };
    // Ollama's own variable may name a host alone, or a port alone.
    let port = match (port, provider) {
        (Some(port), _) => format!(":{port}"),
        (None, Some(Provider::Ollama)) if scheme == "http" => ":11434".into(),
        (None, Some(Provider::LmStudio)) if scheme == "http" => ":1234".into(),
        (None, _) => String::new(),
    };
    let path = path.trim_end_matches('/');
    let path = path.strip_suffix("v1").filter(|rest| rest.is_empty() || rest.ends_with('/')).unwrap_or(path);
    let path = path.trim_end_matches('/');
    let path = if path.is_empty() { String::new() } else { format!("/{path}") };
    Ok(format!("{scheme}://{host}{port}{path}"))
}

/// Host (an IPv6 address in brackets) and port.
fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let end = match authority.strip_prefix('[') {
        Some(rest) => rest.find(']')? + 2,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, port) = authority.split_at(end);
    match port.strip_prefix(':') {
        Some(port) => Some((host, Some(port.parse().ok().filter(|port| *port != 0)?))),
        None => (port.is_empty() && !host.is_empty()).then_some((host, None)),
    }
}

/// Whether an address stays on this machine or in its private network.
pub fn is_near(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or_default();
    let host = split_port(authority).map_or(authority, |(host, _)| host);
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<std::net::IpAddr>() {
        Ok(std::net::IpAddr::V4(ip)) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        Ok(std::net::IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
        // A name without a dot is one of this network or of a container's.
        Err(_) => {
            !host.contains('.') || [".local", ".localhost", ".internal", ".lan"].iter().any(|end| host.ends_with(end))
        }
    }
}
