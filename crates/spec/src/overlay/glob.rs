//! Patterns of names.

/// A pattern of names, in which `*` stands for any number of characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Glob {
    text: String,
    /// The pattern with a single `*` for several in a row.
    pattern: String,
    /// The length of the shortest name that matches.
    shortest: usize,
}

impl Glob {
    /// The pattern with this text.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        let mut pattern = String::with_capacity(text.len());
        for c in text.chars() {
            if c != '*' || !pattern.ends_with('*') {
                pattern.push(c);
            }
        }
        let shortest = pattern.bytes().filter(|byte| *byte != b'*').count();
        Self {
            text,
            pattern,
            shortest,
        }
    }

    /// The text of the pattern.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the pattern contains a `*`.
    pub fn is_pattern(&self) -> bool {
        self.shortest < self.pattern.len()
    }

    /// Whether a name matches the pattern. The time depends only on the length of the name: a longer pattern is not
    /// read.
    pub fn matches(&self, name: &str) -> bool {
        if name.len() < self.shortest {
            return false;
        }
        let Some((start, rest)) = self.pattern.split_once('*') else {
            return self.pattern == name;
        };
        let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
        let name = name.strip_prefix(start);
        let Some(mut name) = name.and_then(|name| name.strip_suffix(end)) else {
            return false;
        };
        // The first occurrence of each piece leaves the most for the pieces after it.
        for piece in middle.split('*') {
            let Some((_, after)) = name.split_once(piece) else {
                return false;
            };
            name = after;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::Glob;

    #[test]
    fn a_star_stands_for_any_number_of_characters() {
        for (glob, name, expected) in [
            ("web", "web", true),
            ("web", "web-2", false),
            ("*", "", true),
            ("orders-*", "orders-", true),
            ("orders-*", "orders", false),
            ("*-api", "a-api", true),
            ("a*a", "a", false),
            ("a*b*c", "a-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("a*bc*bc", "abc", false),
            ("a*b*b*c", "abc", false),
            ("**é*", "é", true),
            ("a***b", "ab", true),
            ("***", "", true),
        ] {
            assert_eq!(Glob::new(glob).matches(name), expected, "{glob} {name}");
        }
    }
}
