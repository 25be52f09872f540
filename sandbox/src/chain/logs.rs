//! Which logs a reader asks for. It matches one log at a time and knows nothing of blocks.

use alloy_primitives::{Address, B256, Log};

/// A log may have up to four topics.
pub const TOPICS_MAX: usize = 4;

/// The logs that match all of these.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogFilter {
    /// Emitted by one of these; by anybody when empty.
    pub addresses: Vec<Address>,
    /// For each place, the topics of which one must stand there; anything goes for an empty list.
    /// A log with fewer topics than places does not match.
    pub topics: Vec<Vec<B256>>,
}

impl LogFilter {
    /// Logs of one contract whose first topics are exactly these.
    #[must_use]
    pub fn of(address: Address, topics: &[B256]) -> Self {
        Self { addresses: vec![address], topics: topics.iter().map(|it| vec![*it]).collect() }
    }

    /// Whether this log is among them.
    #[must_use]
    pub fn matches(&self, log: &Log) -> bool {
        let topics = log.topics();
        (self.addresses.is_empty() || self.addresses.contains(&log.address))
            && self.topics.len() <= topics.len()
            && self.topics.iter().zip(topics).all(|(any, it)| any.is_empty() || any.contains(it))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::Bytes;

    const fn topic(byte: u8) -> B256 {
        B256::repeat_byte(byte)
    }

    #[test]
    fn places_are_matched_one_by_one_and_empty_places_match_anything() {
        let emitter = Address::repeat_byte(0xaa);
        let log = Log::new_unchecked(emitter, vec![topic(1), topic(2)], Bytes::new());
        #[rustfmt::skip]
        let cases = [
            // addresses                      topics                                          matches
            (vec![],                          vec![],                                         true),
            (vec![emitter],                   vec![],                                         true),
            (vec![Address::ZERO, emitter],    vec![],                                         true),
            (vec![Address::ZERO],             vec![],                                         false),
            (vec![],                          vec![vec![topic(1)]],                           true),
            (vec![],                          vec![vec![], vec![topic(2), topic(9)]],         true),
            (vec![],                          vec![vec![topic(2)]],                           false),
            (vec![],                          vec![vec![topic(1)], vec![topic(1)]],           false),
            (vec![],                          vec![vec![], vec![], vec![]],                   false),
        ];
        for (addresses, topics, matches) in cases {
            let filter = LogFilter { addresses, topics };
            assert_eq!(filter.matches(&log), matches, "{filter:?}");
        }
    }
}
