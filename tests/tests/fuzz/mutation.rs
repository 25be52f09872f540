//! Inputs that are nearly right: the seeds, with a few bytes, words or pieces of each other changed. The
//! same ones in every run, so that what is found once is found again.

use std::path::Path;

/// The files of these folders of the repository, by name.
pub(crate) fn seeds(folders: &[&str]) -> Vec<(String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut seeds = Vec::new();
    for folder in folders {
        let before = seeds.len();
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                seeds.push((path.display().to_string(), std::fs::read(&path).unwrap()));
            }
        }
        assert!(seeds.len() > before, "{folder} is empty");
    }
    seeds.sort();
    seeds
}

/// Makes inputs of seeds.
pub(crate) struct Mutator {
    seeds: Vec<Vec<u8>>,
    words: Vec<Vec<u8>>,
    state: u64,
}

impl Mutator {
    pub(crate) fn new(seeds: Vec<Vec<u8>>, words: &[&str]) -> Self {
        let words = words.iter().map(|it| it.as_bytes().to_vec()).collect();
        Self { seeds, words, state: 0x9e37_79b9_7f4a_7c15 }
    }

    /// The next input: a seed, changed in one to four places.
    pub(crate) fn next(&mut self) -> Vec<u8> {
        let seed = self.below(self.seeds.len());
        let mut input = self.seeds[seed].clone();
        for _ in 0..=self.below(4) {
            self.change(&mut input);
        }
        input
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let (begin, end) = self.range(input.len());
        match self.below(8) {
            0 if begin < input.len() => input[begin] ^= 1 << self.below(8),
            1 if begin < input.len() => input[begin] = u8::try_from(self.below(256)).unwrap(),
            2 => drop(input.drain(begin..end)),
            3 => {
                let piece = input[begin..end].to_vec();
                input.splice(end..end, piece);
            }
            4 => {
                let other = self.below(self.seeds.len());
                let (from, to) = self.range(self.seeds[other].len());
                let piece = self.seeds[other][from..to].to_vec();
                input.splice(begin..end, piece);
            }
            5 => {
                let word = self.below(self.words.len());
                input.splice(begin..end, self.words[word].clone());
            }
            _ => {
                let word = self.below(self.words.len());
                input.splice(begin..begin, self.words[word].clone());
            }
        }
    }

    /// A piece of so many bytes, short ones more often than long ones.
    fn range(&mut self, length: usize) -> (usize, usize) {
        let begin = self.below(length + 1);
        let reach = 1 + self.below(32);
        (begin, length.min(begin + self.below(reach)))
    }

    /// Any number below this one. xorshift64* (Vigna, "An experimental exploration of Marsaglia's
    /// xorshift generators, scrambled"): plain, and the same on every machine.
    fn below(&mut self, limit: usize) -> usize {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        let high = self.state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(high).unwrap() % limit
    }
}
