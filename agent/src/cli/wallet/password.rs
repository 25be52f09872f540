//! Where a keystore's password comes from: a file, the environment, or the person at the terminal.
//! Never an argument.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::fault::WalletFault;
use super::private_file;
use super::prompt::{SECRET_BYTES_MAX, ask};
use crate::cli::environment::Environment;
use crate::cli::exit::Failure;

/// Where to get a password when one is needed.
#[derive(Clone)]
pub(crate) struct PasswordSource {
    file: Option<PathBuf>,
    variable: Option<Zeroizing<String>>,
}

impl PasswordSource {
    pub(crate) fn new(file: Option<&Path>, environment: &Environment) -> Self {
        Self { file: file.map(Path::to_owned), variable: environment.password.clone() }
    }

    /// The password of a keystore that there is.
    pub(crate) async fn existing(&self, of: &str) -> Result<Zeroizing<String>, Failure> {
        match self.given()? {
            Some(password) => Ok(password),
            None => Self::typed(&format!("Password of {of}")).await,
        }
    }

    /// A password for a new keystore: not empty, and typed twice if it is typed.
    pub(crate) async fn fresh(&self) -> Result<Zeroizing<String>, Failure> {
        let given = self.given()?;
        let typed = given.is_none();
        let password = match given {
            Some(password) => password,
            None => Self::typed("Password for the new keystore").await?,
        };
        if password.is_empty() {
            return Err(WalletFault::EmptyPassword.into());
        }
        if typed && Self::typed("The same password again").await? != password {
            return Err(WalletFault::PasswordsDiffer.into());
        }
        Ok(password)
    }

    async fn typed(question: &str) -> Result<Zeroizing<String>, Failure> {
        ask(question).await?.ok_or(WalletFault::NoPassword.into())
    }

    fn given(&self) -> Result<Option<Zeroizing<String>>, WalletFault> {
        let Some(path) = &self.file else { return Ok(self.variable.clone()) };
        // Two more than a password has: the end of its line.
        let text = private_file::read(path, SECRET_BYTES_MAX + 3)
            .map_err(|why| WalletFault::File("password file", path.clone(), why))?;
        let line = text.strip_suffix('\n').unwrap_or(&text);
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.len() > SECRET_BYTES_MAX || line.contains('\n') {
            return Err(WalletFault::BadPassword);
        }
        Ok(Some(Zeroizing::new(line.to_owned())))
    }
}
