//! The wallet of one command: whatever signs, or nothing. Without a wallet everything up to signing
//! still works, and a keystore is opened only when something is to be signed.

mod fault;
mod locator;
mod password;
pub(crate) mod private_file;
mod prompt;
pub(crate) mod stock;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use agent::Signer;
use agent::decisions::draft::Draft;
use agent::keystore::{FILE_BYTES_MAX, Keystore};
use agent::signer::{LocalKey, SignerError};
use wire::{Address, Eip3009Payload};

use super::args::KeyArgs;
use super::environment::Environment;
use super::exit::Failure;
use super::key;
pub(crate) use fault::{Unreadable, WalletFault};
use locator::Locator;
use password::PasswordSource;

/// Whatever signs. Copies are one wallet: opened once, it is open in all of them.
#[derive(Debug, Clone)]
pub(crate) struct Wallet(Arc<Kind>);

#[derive(Debug)]
enum Kind {
    Absent,
    Local(LocalKey),
    Keystore(Box<Locked>),
    #[cfg(feature = "kms")]
    Kms(agent::kms::KmsSigner),
    #[cfg(feature = "agentcore")]
    AgentCore(Box<agent::agentcore::AgentCoreWallet>),
}

/// A keystore, and where its password is to be had.
struct Locked {
    path: PathBuf,
    address: Address,
    keystore: Keystore,
    password: PasswordSource,
    opened: OnceLock<LocalKey>,
}

impl Wallet {
    /// The wallet that the arguments name, else the environment.
    pub(crate) async fn find(args: &KeyArgs, environment: &Environment) -> Result<Self, Failure> {
        let named = args.wallet.as_ref().or(environment.wallet.as_ref());
        let kind = match (&args.key_file, named) {
            (Some(path), _) => Kind::Local(key::of_file(path)?),
            (None, Some(text)) => {
                let locator = Locator::parse(text, environment.home.as_ref())?;
                let password = PasswordSource::new(args.password_file.as_deref(), environment);
                kind(locator, password, environment).await?
            }
            (None, None) => {
                let key = environment.private_key.as_deref();
                key.map_or(Ok(Kind::Absent), |it| key::of_text(it).map(Kind::Local))?
            }
        };
        Ok(Self(Arc::new(kind)))
    }

    /// Can it sign, once it is open?
    pub(crate) fn is_there(&self) -> bool {
        !matches!(*self.0, Kind::Absent)
    }

    /// This wallet, or the reason why there is none.
    pub(crate) fn required(self) -> Result<Self, Failure> {
        if self.is_there() { Ok(self) } else { Err(Failure::NoKey) }
    }

    /// Has a key of ours been shown to be the address's? A keystore's address is the file's word until
    /// it is opened.
    pub(crate) fn is_proven(&self) -> bool {
        match &*self.0 {
            Kind::Absent => false,
            Kind::Keystore(locked) => locked.opened.get().is_some(),
            Kind::Local(_) => true,
            #[cfg(feature = "kms")]
            Kind::Kms(_) => true,
            // The file's word, until a signature shows it.
            #[cfg(feature = "agentcore")]
            Kind::AgentCore(_) => false,
        }
    }

    /// Makes it ready to sign, before anything is reserved: a person may take long to find a password.
    pub(crate) async fn open(&self) -> Result<(), Failure> {
        match &*self.0 {
            Kind::Absent => Err(Failure::NoKey),
            Kind::Keystore(locked) => locked.open().await,
            Kind::Local(_) => Ok(()),
            #[cfg(feature = "kms")]
            Kind::Kms(_) => Ok(()),
            #[cfg(feature = "agentcore")]
            Kind::AgentCore(_) => Ok(()),
        }
    }
}

async fn kind(
    locator: Locator,
    password: PasswordSource,
    environment: &Environment,
) -> Result<Kind, Failure> {
    match locator {
        Locator::Env(name) => {
            let text = Environment::secret(&name).ok_or(Failure::NoKey)?;
            key::of_text(&text).map(Kind::Local)
        }
        Locator::File(path) => key::of_file(&path).map(Kind::Local),
        Locator::Keystore(path) => {
            Locked::read(path, password).await.map(|it| Kind::Keystore(it.into()))
        }
        #[cfg(feature = "kms")]
        Locator::Kms(key) => {
            let signer = agent::kms::KmsSigner::connect(key.id, key.region).await;
            signer.map(Kind::Kms).map_err(|why| WalletFault::Remote(why).into())
        }
        #[cfg(not(feature = "kms"))]
        Locator::Kms(_) => Err(WalletFault::NotBuilt("kms").into()),
        #[cfg(feature = "agentcore")]
        Locator::AgentCore(account) => {
            let wallet = super::agentcore::wallet(account.as_deref(), environment)?;
            Ok(Kind::AgentCore(wallet.into()))
        }
        #[cfg(not(feature = "agentcore"))]
        Locator::AgentCore(_) => Err(WalletFault::NotBuilt("agentcore").into()),
    }
}

/// Reads a keystore's file.
pub(crate) fn read_keystore(path: &Path) -> Result<Keystore, WalletFault> {
    let text = private_file::read(path, FILE_BYTES_MAX + 1);
    let text = text.map_err(|why| WalletFault::File("keystore", path.to_owned(), why))?;
    Keystore::read(&text).map_err(|why| WalletFault::Keystore(path.to_owned(), why))
}

impl Locked {
    /// A file that does not tell its account is opened at once.
    async fn read(path: PathBuf, password: PasswordSource) -> Result<Self, Failure> {
        let keystore = read_keystore(&path)?;
        let told = keystore.claimed_address();
        let address = told.unwrap_or(Address::new([0; 20]));
        let mut it = Self { path, address, keystore, password, opened: OnceLock::new() };
        if told.is_none() {
            it.open().await?;
            it.address = it.opened.get().map_or(address, Signer::address);
        }
        Ok(it)
    }

    async fn open(&self) -> Result<(), Failure> {
        if self.opened.get().is_some() {
            return Ok(());
        }
        let name = self.path.display().to_string();
        let password = self.password.existing(&name).await?;
        let keystore = self.keystore.clone();
        // It computes for a second; a request to end is heard meanwhile.
        let opening = tokio::task::spawn_blocking(move || keystore.open(password.as_bytes()));
        let key = opening.await.map_err(|why| Failure::Internal(why.to_string()))?;
        let key = key.map_err(|why| WalletFault::Keystore(self.path.clone(), why))?;
        self.opened.get_or_init(|| key);
        Ok(())
    }
}

/// Shows which file, and nothing of the password.
impl std::fmt::Debug for Locked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keystore({}, {})", self.path.display(), self.address)
    }
}

impl Signer for Wallet {
    /// The zero address where there is no wallet; nothing is ever signed for it.
    fn address(&self) -> Address {
        match &*self.0 {
            Kind::Absent => Address::new([0; 20]),
            Kind::Local(key) => key.address(),
            Kind::Keystore(locked) => locked.address,
            #[cfg(feature = "kms")]
            Kind::Kms(signer) => signer.address(),
            #[cfg(feature = "agentcore")]
            Kind::AgentCore(wallet) => wallet.address(),
        }
    }

    async fn sign(&self, draft: &Draft) -> Result<Eip3009Payload, SignerError> {
        match &*self.0 {
            Kind::Absent => Err(SignerError::Declined("there is no key".into())),
            Kind::Local(key) => key.sign(draft).await,
            Kind::Keystore(locked) => match locked.opened.get() {
                Some(key) => key.sign(draft).await,
                None => Err(SignerError::Declined("the keystore is locked".into())),
            },
            #[cfg(feature = "kms")]
            Kind::Kms(signer) => signer.sign(draft).await,
            #[cfg(feature = "agentcore")]
            Kind::AgentCore(wallet) => wallet.sign(draft).await,
        }
    }

    fn remembers(&self) -> bool {
        match &*self.0 {
            Kind::Absent | Kind::Local(_) | Kind::Keystore(_) => false,
            #[cfg(feature = "kms")]
            Kind::Kms(_) => false,
            #[cfg(feature = "agentcore")]
            Kind::AgentCore(wallet) => wallet.remembers(),
        }
    }
}
