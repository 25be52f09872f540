//! Finds the word that a mistyped one was probably meant to be. Only ever a suggestion in an error:
//! nothing is accepted because it is near.

/// The nearest of the candidates, if it is near enough to be worth suggesting: at most a third of
/// its letters differ.
pub(super) fn nearest<'a>(
    word: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    candidates
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, candidate)| distance * 3 <= candidate.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many letters must be put in, left out or changed to make one word the other.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (line, letter_a) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, letter_b) in b.bytes().enumerate() {
            let changed = diagonal + usize::from(!letter_a.eq_ignore_ascii_case(&letter_b));
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_near_words_are_suggested() {
        let words = ["public_url", "pay_to", "facilitator.url", "facilitator.token"];
        #[rustfmt::skip]
        let rows = [
            ("payto",           Some("pay_to")),
            ("PAY_TO",          Some("pay_to")),
            ("facilitator_url", Some("facilitator.url")),
            ("publicurl",       Some("public_url")),
            ("xyz",             None),
            ("",                None),
        ];
        for (word, expected) in rows {
            assert_eq!(nearest(word, words.into_iter()), expected, "{word}");
        }
    }
}
