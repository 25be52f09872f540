//! How a command ended, for scripts. The numbers are a contract; nothing is derived from texts.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// A storage, the network or the address did not let us.
    Failed,
    /// The command line was wrong. clap exits with it by itself.
    Usage,
    /// The configuration is missing or refused.
    Configuration,
    /// A problem was found that loses money or stops sales, or a payment stays in doubt.
    Problems,
    /// `challenge`: a request to the path gets no 402.
    NotForSale,
    /// `ledger show`: there is no such payment.
    NoSuchPayment,
}

impl Exit {
    /// Every way to end.
    pub const ALL: [Self; 7] = [
        Self::Done,
        Self::Failed,
        Self::Usage,
        Self::Configuration,
        Self::Problems,
        Self::NotForSale,
        Self::NoSuchPayment,
    ];

    /// The process's exit code.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Configuration => 3,
            Self::Problems => 4,
            Self::NotForSale => 5,
            Self::NoSuchPayment => 6,
        }
    }

    /// What it means, as the help says it.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "could not run: storage, network or address",
            Self::Usage => "wrong usage",
            Self::Configuration => "the configuration is missing or refused",
            Self::Problems => "a problem was found, or a payment stays in doubt",
            Self::NotForSale => "challenge: the path is not for sale",
            Self::NoSuchPayment => "ledger show: there is no such payment",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scripts branch on these numbers. If this fails, you are changing a contract.
    #[test]
    fn the_exit_codes_are_frozen() {
        assert_eq!(Exit::ALL.map(Exit::code), [0, 1, 2, 3, 4, 5, 6]);
    }
}
