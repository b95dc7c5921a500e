//! Tells what only asks from what does something: what a test asks again and again until it is so must change nothing.

use super::chain::Chain;
use super::ir::{Kind, Node};
use super::words::{asserts_by_name, words};

/// Whether a call in an expression may do something: a request that sends, or a function whose name is no question. What is
/// done to a page is a step, and not meant here.
pub fn acts(node: &Node) -> bool {
    node.any(&mut |part| matches!(part.kind, Kind::Call { .. }) && does_more_than_ask(part))
}

fn does_more_than_ask(call: &Node) -> bool {
    #[rustfmt::skip]
    const ASKS: [&str; 20] = [
        "get", "list", "find", "fetch", "read", "count", "is", "has", "query", "load", "text", "search", "lookup", "status",
        "state", "latest", "last", "expect", "string", "number",
    ];
    let chain = Chain::of(call);
    let Some(last) = chain.last().filter(|_| chain.base.is_none()) else { return false };
    let said = words(last.name);
    let asks =
        said.first().is_some_and(|verb| ASKS.contains(&verb.as_str())) || said.last().is_some_and(|word| word == "of");
    matches!(last.name, "post" | "put" | "patch" | "delete")
        || chain.links.len() == 1 && !asks && !asserts_by_name(last.name)
}
