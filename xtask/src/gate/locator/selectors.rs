//! Takes CSS selectors apart.

/// The parts of a selector that stand for one element each: `ul.menu`, `li` in `ul.menu > li`.
pub fn compounds(selector: &str) -> Vec<String> {
    let (mut found, mut current, mut depth) = (Vec::new(), String::new(), 0usize);
    for next in selector.chars() {
        match next {
            '[' | '(' => depth += 1,
            ']' | ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && (next.is_whitespace() || matches!(next, '>' | '+' | '~' | ',')) {
            found.push(std::mem::take(&mut current));
        } else {
            current.push(next);
        }
    }
    found.push(current);
    found.retain(|part| !part.is_empty());
    found
}

/// How many alternatives a selector has besides the first: `a, b`, `:is(a, b)`.
pub fn alternatives(selector: &str) -> usize {
    if selector.starts_with(['/', '(']) || selector.starts_with("xpath=") {
        return selector.matches('|').count();
    }
    let (mut found, mut quote, mut brackets) = (0, None, 0usize);
    for next in selector.chars() {
        match (quote, next) {
            (Some(open), _) => quote = Some(open).filter(|open| *open != next),
            (None, '"' | '\'') => quote = Some(next),
            (None, '[') => brackets += 1,
            (None, ']') => brackets = brackets.saturating_sub(1),
            (None, ',') => found += usize::from(brackets == 0),
            _ => {}
        }
    }
    found
}

/// `li`, `.done`, `[title=a]` of `li.done[title=a]`.
pub fn simple(compound: &str) -> Vec<String> {
    let (mut found, mut current, mut depth) = (Vec::new(), String::new(), 0usize);
    for next in compound.chars() {
        if depth == 0 && matches!(next, '.' | '#' | '[' | ':') {
            found.push(std::mem::take(&mut current));
        }
        match next {
            '[' | '(' => depth += 1,
            ']' | ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        current.push(next);
    }
    found.push(current);
    found.retain(|part| !part.is_empty());
    found
}
