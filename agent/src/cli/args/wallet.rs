//! Which wallet signs, and what can be done with wallets. A key or a password cannot be said here.

use std::path::PathBuf;

use clap::Subcommand;
use wire::{Address, Network};

use super::network;

const WALLET: &str = "What signs: keystore:FILE (a key under a password), kms:KEY-ID-OR-ARN[?region=…] \
(AWS KMS), agentcore: (AgentCore Payments), file:FILE (a private key that only you may read), env:NAME (a private key in the \
environment). Without it: X402_WALLET, and without that X402_PRIVATE_KEY";

const KEY_FILE: &str = "The same as --wallet file:FILE: read the private key from this file, which \
only you may read (mode 0600)";

const PASSWORD_FILE: &str = "Read the keystore's password from this file, which only you may read \
(mode 0600). Without it: X402_KEYSTORE_PASSWORD, and without that you are asked";

#[derive(Debug, clap::Args)]
pub(crate) struct AddressOf {
    #[command(flatten)]
    pub(crate) key: KeyArgs,
    /// Tell in JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct KeyArgs {
    /// What signs.
    #[arg(long, value_name = "WALLET", help = WALLET, conflicts_with = "key_file")]
    pub(crate) wallet: Option<String>,
    /// Read the private key from this file, which only you may read (mode 0600).
    #[arg(long, value_name = "FILE", help = KEY_FILE)]
    pub(crate) key_file: Option<PathBuf>,
    /// Read the keystore's password from this file.
    #[arg(long, value_name = "FILE", help = PASSWORD_FILE, env = "X402_KEYSTORE_PASSWORD_FILE")]
    pub(crate) password_file: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct WalletOf {
    #[command(subcommand)]
    pub(crate) command: WalletCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum WalletCommand {
    /// Make a new key and keep it in a file under a password.
    ///
    /// The file is a keystore (Web3 Secret Storage, version 3), which other wallets read as well.
    /// Nothing is ever overwritten. Without the file or without the password, what the account has is
    /// lost: keep a copy of both, apart from each other.
    New(NewOf),
    /// Keep a private key that you have in a file under a password.
    Import(ImportOf),
    /// Show the keystores in a folder.
    List(ListOf),
    /// Print the address that the wallet pays from.
    Address(AddressOf),
    /// Ask the chain how much the account has.
    Balance(BalanceOf),
}

/// How a keystore is written.
#[derive(Debug, clap::Args)]
pub(crate) struct SealArgs {
    /// Write the keystore to this file. Default: wallets/ADDRESS.json in ~/.config/x402-agent.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Read the keystore's password from this file.
    #[arg(long, value_name = "FILE", help = PASSWORD_FILE, env = "X402_KEYSTORE_PASSWORD_FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// Let the password be tried fast and in 4 MiB instead of a second and 256 MiB. For small machines,
    /// and only with a password that a machine has drawn.
    #[arg(long)]
    pub(crate) light: bool,
    /// Tell in JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct NewOf {
    #[command(flatten)]
    pub(crate) seal: SealArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ImportOf {
    /// The file with the private key, which only you may read; `-` is standard input.
    #[arg(value_name = "FILE")]
    pub(crate) from: PathBuf,
    #[command(flatten)]
    pub(crate) seal: SealArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ListOf {
    /// The folder. Default: wallets in ~/.config/x402-agent.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) folder: Option<PathBuf>,
    /// Tell in JSON, one object on each line.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct BalanceOf {
    #[command(flatten)]
    pub(crate) key: KeyArgs,
    /// Ask about this account instead of the wallet's.
    #[arg(long, value_name = "ADDRESS", value_parser = Address::parse_checksummed)]
    pub(crate) address: Option<Address>,
    /// On this network.
    #[arg(long, value_name = "NETWORK", value_parser = network, default_value = "base-sepolia")]
    pub(crate) network: Network,
    /// Ask this JSON-RPC endpoint. Default: the network's public one.
    #[arg(long, value_name = "URL", env = "X402_RPC_URL")]
    pub(crate) rpc: Option<String>,
    /// Tell in JSON.
    #[arg(long)]
    pub(crate) json: bool,
}
