//! Nothing but tests: the rules of the source tree (`tests/tidy`), and the built binaries driven from
//! outside, as people and peers drive them. The one binary here is the merchant with a ledger and a
//! storage that stop when they are told to, so that the product needs no such thing in it.
