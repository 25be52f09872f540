//! Nothing but tests: the rules of the source tree (`tests/tidy`), and the built binaries driven from
//! outside, as people and peers drive them.
