//! Text that must not be seen: it can be used, and neither printed nor compared by accident. And
//! names of places where such text is kept, which anybody may see. Fetches nothing.

use std::fmt;
use std::path::Path;

/// A secret. Its `Debug` does not show it, and it has no `Display`.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Takes charge of a secret text.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text, for the one place that sends it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// A secret that is kept elsewhere, and fetched once at the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretReference {
    /// Who keeps it.
    pub keeper: Keeper,
    /// Under which name.
    pub name: String,
}

/// Who keeps secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeper {
    /// AWS Systems Manager Parameter Store: `ssm:/name`.
    ParameterStore,
    /// AWS Secrets Manager: `secretsmanager:name`, or the secret's ARN.
    SecretsManager,
    /// A file that its owner alone can read: `file:./name`, relative to the configuration's folder.
    File,
}

/// Longest name: parameter names have up to 1,011 characters, and ARNs of secrets are shorter (AWS
/// documentation, "Parameter Store" and "Secrets Manager quotas").
const NAME_BYTES_MAX: usize = 1011;

impl SecretReference {
    /// Reads a reference. Nothing where the text is not one, and so may be the secret itself.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, name) = text.split_once(':')?;
        let keeper = match scheme {
            "file" => {
                let formed = !name.is_empty() && !name.chars().any(char::is_control);
                return formed.then(|| Self { keeper: Keeper::File, name: name.to_owned() });
            }
            "ssm" => Keeper::ParameterStore,
            "secretsmanager" => Keeper::SecretsManager,
            _ => return None,
        };
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"/_.-+=@:!".contains(&b);
        let formed = (1..=NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(plain);
        formed.then(|| Self { keeper, name: name.to_owned() })
    }

    /// The same, a file's name being meant from this folder on.
    #[must_use]
    pub fn below(self, base: &Path) -> Self {
        match self.keeper {
            Keeper::File => {
                let path = base.join(self.name.trim_start_matches("./"));
                Self { name: path.display().to_string(), ..self }
            }
            Keeper::ParameterStore | Keeper::SecretsManager => self,
        }
    }
}

impl fmt::Display for SecretReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.keeper {
            Keeper::ParameterStore => "ssm",
            Keeper::SecretsManager => "secretsmanager",
            Keeper::File => "file",
        };
        write!(f, "{scheme}:{}", self.name)
    }
}
