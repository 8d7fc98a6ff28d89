//! Diagnostics without the secrets of their sources. Out of scope: the excerpts, in which [`Page`](super::Page) hides them.

use std::borrow::Cow;

use super::{Diagnostic, Hint};
use crate::secret::{credentials, masked, merged};
use crate::source::Source;
use crate::{Sources, Span};

/// The minimum length of a value that is searched for in messages: shorter ones are words of any sentence.
const SHORTEST: usize = 4;

/// The maximum number of values that are searched for in a message.
const MOST: usize = 100;

/// The maximum distance in bytes from a label: a line can be as long as a file.
const FARTHEST: usize = 1 << 12;

/// The maximum number of shortened values in a message.
const MOST_CUT: usize = 8;

impl Diagnostic {
    /// The diagnostic as it may be displayed: its text contains neither credentials of URLs nor secrets from the labelled
    /// lines. A fix with a secret is left out.
    #[must_use]
    pub fn without_secrets(mut self, sources: &Sources) -> Self {
        let mut words = Vec::new();
        let spans = self.labels.iter().map(|label| label.span);
        for span in spans.chain(self.about) {
            words.extend(words_near(sources.get(span.source), span));
        }
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        words.dedup();
        words.truncate(MOST);
        let hide = |text: &mut String| {
            if let Cow::Owned(hidden) = without_words(text, &words) {
                *text = hidden;
            }
        };
        hide(&mut self.message);
        for label in &mut self.labels {
            hide(&mut label.message);
        }
        if let Some(Hint::Text(help)) = &mut self.help {
            hide(help);
        }
        let is_open = |text: &str| matches!(without_words(text, &words), Cow::Borrowed(_));
        self.fix = self.fix.filter(|fix| is_open(&fix.replacement));
        self
    }
}

/// The secrets in the lines of a span.
fn words_near(source: &Source, span: Span) -> impl Iterator<Item = &str> {
    let text = source.text.as_str();
    let start = text.floor_char_boundary(span.range().start);
    let end = text.ceil_char_boundary(span.range().end).min(text.len());
    let first = text.floor_char_boundary(start.saturating_sub(FARTHEST));
    let last = text.ceil_char_boundary((end + FARTHEST).min(text.len()));
    let start = text[first..start]
        .rfind('\n')
        .map_or(first, |at| first + at + 1);
    let end = text[end..last].find('\n').map_or(last, |at| end + at);
    let secrets = source.secrets();
    let first = secrets.partition_point(|secret| secret.end <= start);
    let near = secrets[first..].iter().take_while(move |it| it.start < end);
    let words = near
        .take(MOST)
        .filter_map(|secret| text.get(secret.clone()));
    words.filter(|word| word.len() >= SHORTEST)
}

/// The text without credentials of URLs and without these words, whole or shortened with `…`.
fn without_words<'t>(text: &'t str, words: &[&str]) -> Cow<'t, str> {
    let mut found = credentials(text);
    for word in words {
        found.extend(text.match_indices(word).map(|(at, _)| at..at + word.len()));
        for (end, _) in text.match_indices('…').take(MOST_CUT) {
            let quote = text[..end].rfind(['`', '"']).map_or(0, |at| at + 1);
            let starts = [quote, quote + 1];
            let cut = starts.into_iter().find(|start| {
                let part = text.get(*start..end).unwrap_or_default();
                part.len() >= SHORTEST && word.starts_with(part)
            });
            found.extend(cut.map(|start| start..end));
        }
    }
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(masked(text, &merged(found)))
}

#[cfg(test)]
mod tests {
    use crate::{Code, Diagnostic, Sources, Span};

    #[test]
    fn messages_contain_no_secret_of_their_lines() {
        let mut sources = Sources::new();
        let text = "a: 1\npassword: hunter2 is: mine\nb: hunter2\n";
        let id = sources.add("a.yaml", text);
        let found = |at| {
            let found = Diagnostic::new(
                Code::SpecInvalidValue,
                "`hunter2 is: mine` and https://a:b@c",
            );
            let found = found.at(Span::new(id, at, at + 1), "`hunter2 i…`");
            let found = found.help("write `\"hunter2 is: mine\"`");
            found
                .fix(Span::new(id, at, at + 1), "\"hunter2 is: mine\"")
                .without_secrets(&sources)
        };
        let hidden = found(8);
        assert_eq!(hidden.message, "`****************` and https://***@c");
        assert_eq!(hidden.labels[0].message, "`*********…`");
        assert_eq!(hidden.advice(), "write `\"****************\"`");
        assert_eq!(hidden.fix, None);
        assert!(found(0).fix.is_some());
        assert!(found(0).message.starts_with("`hunter2 is: mine`"));
    }
}
