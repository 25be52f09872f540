//! `x402-agent wallet new`, `import`, `list` and `address`: keystores are made and shown. There is no
//! command that shows a key: a keystore is what other wallets import.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use agent::keystore::{Cost, seal};
use agent::{LocalKey, PayError, Signer};
use serde_json::json;
use wire::Address;

use super::password::PasswordSource;
use super::{Wallet, WalletFault, private_file, prompt, read_keystore};
use crate::cli::args::{AddressOf, ImportOf, ListOf, NewOf, SealArgs};
use crate::cli::environment::Environment;
use crate::cli::exit::{Exit, Failure};
use crate::cli::key;
use crate::cli::terminal::result;

/// Makes a new key and keeps it under a password.
pub(crate) async fn new(args: NewOf, environment: &Environment) -> Result<Exit, Failure> {
    let no_chance = |why| Failure::Pay(PayError::NoRandomness(why));
    let key = LocalKey::generate().map_err(no_chance)?;
    keep(&key, &args.seal, environment).await
}

/// Keeps a key that there is under a password.
pub(crate) async fn import(args: ImportOf, environment: &Environment) -> Result<Exit, Failure> {
    let key = if args.from.as_os_str() == "-" {
        key::of_text(&standard_input().await?)?
    } else {
        key::of_file(&args.from)?
    };
    let exit = keep(&key, &args.seal, environment).await?;
    if args.from.as_os_str() != "-" && !args.seal.json {
        result(&format!("The key still stands in {}: delete it there.", args.from.display()));
    }
    Ok(exit)
}

/// The key from standard input; typed by a person, it is not shown.
async fn standard_input() -> Result<zeroize::Zeroizing<String>, Failure> {
    use io::IsTerminal;
    if io::stdin().is_terminal() {
        return prompt::ask("Private key").await?.ok_or(Failure::BadKey);
    }
    private_file::all_of(io::stdin().lock(), key::FILE_BYTES_MAX).map_err(|_| Failure::BadKey)
}

async fn keep(key: &LocalKey, args: &SealArgs, environment: &Environment) -> Result<Exit, Failure> {
    let address = key.address();
    let path = match &args.output {
        Some(path) => path.clone(),
        None => folder(None, environment)?.join(format!("{}.json", address.lower_hex())),
    };
    // Found out before anybody is asked for a password; what decides is the file's creation below.
    if path.symlink_metadata().is_ok() {
        return Err(Failure::Output(path, io::ErrorKind::AlreadyExists.into()));
    }
    let password = PasswordSource::new(args.password_file.as_deref(), environment).fresh().await?;
    let cost = if args.light { Cost::Light } else { Cost::Standard };
    let text = seal(key, password.as_bytes(), cost)
        .map_err(|why| Failure::Pay(PayError::NoRandomness(why)))?;
    private_file::create(&path, &text).map_err(|why| Failure::Output(path.clone(), why))?;
    let whole = path.canonicalize().unwrap_or(path);
    tell(address, &whole, args.json);
    Ok(Exit::Done)
}

fn tell(address: Address, path: &Path, as_json: bool) {
    let (address, path) = (address.to_string(), path.display().to_string());
    let wallet = format!("keystore:{path}");
    if as_json {
        result(&json!({ "address": address, "file": path, "wallet": wallet }).to_string());
        return;
    }
    result(&format!("address  {address}"));
    result(&format!("keystore {path}"));
    result(&format!("use it   --wallet {wallet}"));
    result("Keep a copy of the file and of the password, apart: without both the money is lost.");
}

/// Shows the keystores in a folder, by what each says of itself.
pub(crate) fn list(args: ListOf, environment: &Environment) -> Result<Exit, Failure> {
    let folder = folder(args.folder, environment)?;
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(Exit::Done),
        Err(why) => {
            let why = super::fault::Unreadable::Io(why);
            return Err(WalletFault::File("folder", folder, why).into());
        }
    };
    let mut paths: Vec<_> = entries.flatten().map(|it| it.path()).collect();
    paths.retain(|it| it.is_file());
    paths.sort();
    let mut exit = Exit::Done;
    for path in paths {
        let (address, problem) = match read_keystore(&path) {
            Ok(keystore) => (keystore.claimed_address().map(|it| it.to_string()), None),
            Err(why) => {
                exit = why.exit();
                (None, Some((why.code(), why.to_string())))
            }
        };
        let file = path.display().to_string();
        if args.json {
            let problem =
                problem.map(|(code, message)| json!({ "code": code, "message": message }));
            result(&json!({ "address": address, "file": file, "problem": problem }).to_string());
        } else if let Some((_, message)) = problem {
            result(&format!("{:<42}  {message}", "unusable"));
        } else {
            let address = address.unwrap_or_else(|| "(address not told)".into());
            result(&format!("{address:<42}  keystore:{file}"));
        }
    }
    Ok(exit)
}

/// Prints the address that a wallet pays from.
pub(crate) async fn address(args: AddressOf, environment: &Environment) -> Result<Exit, Failure> {
    let wallet = Wallet::find(&args.key, environment).await?.required()?;
    let address = wallet.address().to_string();
    if args.json {
        result(&json!({ "address": address, "proven": wallet.is_proven() }).to_string());
    } else {
        result(&address);
    }
    Ok(Exit::Done)
}

fn folder(given: Option<PathBuf>, environment: &Environment) -> Result<PathBuf, WalletFault> {
    let usual = || environment.config.as_ref().map(|it| it.join("wallets"));
    given.or_else(usual).ok_or(WalletFault::NoFolder)
}
