//! Which token a price is in: from the table of networks, or given in full. A token that the table
//! knows cannot be redefined: a payer would sign for another domain than the contract's.

use wire::eip712::TokenDomain;
use wire::networks::{KnownAsset, NETWORKS};
use wire::{Address, AtomicAmount, Network, Price};

use super::parties::{address, network_name};
use super::text::one_line;
use super::{SettingsError, document};

/// More decimals than any token has; far below what 2^256 can hold of the highest price.
const DECIMALS_MAX: u8 = 36;
/// Longest EIP-712 name or version, in bytes: every offer repeats it.
const NAME_BYTES_MAX: usize = 64;
/// Longest ticker that a price can name.
const SYMBOL_BYTES_MAX: usize = 12;

/// A token that prices can be in.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) domain: TokenDomain,
    pub(super) symbol: String,
    pub(super) decimals: u8,
    /// Does it stand in the table? Those are all dollars.
    known: bool,
}

impl Token {
    fn of_table(chain_id: u64, asset: &KnownAsset) -> Self {
        Self {
            domain: TokenDomain {
                name: asset.eip712_name.to_owned(),
                version: asset.eip712_version.to_owned(),
                chain_id,
                asset: asset.address.into(),
            },
            symbol: asset.symbol.to_owned(),
            decimals: asset.decimals,
            known: true,
        }
    }

    /// The token that a price on a network is in: the network's own dollar, or the one it names.
    pub(super) fn of_price(
        key: &str,
        price: &Price,
        network: &Network,
    ) -> Result<Self, SettingsError> {
        let Some(known) = network.known() else {
            let problem = format!("is for {network}, a network without a token that we know");
            return Err(SettingsError::new(key, problem, "give the offer an asset in full"));
        };
        let token = match price.ticker() {
            None => Some(&known.asset),
            Some(ticker) => known.assets().find(|it| it.symbol == ticker),
        };
        token.map(|it| Self::of_table(known.chain_id, it)).ok_or_else(|| {
            let symbols: Vec<_> = known.assets().map(|it| it.symbol).collect();
            SettingsError::new(
                key,
                format!("names a token that is not known on {}", network_name(network)),
                format!(
                    "write {}, or give the token in full under [routes.accepts.asset]",
                    symbols.join(" or ")
                ),
            )
        })
    }

    /// The token that an offer gives: an address that the table knows, or all about it.
    pub(super) fn of_asset(
        key: &str,
        written: &document::Asset,
        network: &Network,
    ) -> Result<Self, SettingsError> {
        let address_key = format!("{key}.address");
        let Some(text) = written.address.as_deref() else {
            return Err(SettingsError::new(
                address_key,
                "is missing",
                "write the token's contract",
            ));
        };
        let contract = address(&address_key, text)?;
        let known = network.known();
        if let Some((chain_id, asset)) = known.and_then(|it| {
            it.assets()
                .find(|it| Address::from(it.address) == contract)
                .map(|asset| (it.chain_id, asset))
        }) {
            let token = Self::of_table(chain_id, asset);
            return token.agreeing_with(key, written);
        }
        if let Some(home) = home(contract) {
            let problem = format!("is a token of {home}, not of {}", network_name(network));
            return Err(SettingsError::new(
                address_key,
                problem,
                "correct the address or the network",
            ));
        }
        Self::in_full(key, written, network, contract)
    }

    fn in_full(
        key: &str,
        written: &document::Asset,
        network: &Network,
        contract: Address,
    ) -> Result<Self, SettingsError> {
        let needed = |name: &str, text: &Option<String>, bytes_max: usize| {
            let key = format!("{key}.{name}");
            let Some(text) = text else { return Err(unknown_token(key)) };
            let text = one_line(&key, text)?;
            if text.len() > bytes_max {
                let problem = format!("is longer than {bytes_max} bytes");
                return Err(SettingsError::new(key, problem, "write it as the contract does"));
            }
            Ok(text)
        };
        let symbol = needed("symbol", &written.symbol, SYMBOL_BYTES_MAX)?;
        let taken = network.known().and_then(|it| it.assets().find(|it| it.symbol == symbol));
        if let Some(known) = taken {
            return Err(SettingsError::new(
                format!("{key}.address"),
                format!("is not the {symbol} of {}", network_name(network)),
                format!("write \"{}\", or another symbol", Address::from(known.address)),
            ));
        }
        Ok(Self {
            symbol,
            decimals: decimals(&format!("{key}.decimals"), written.decimals)?,
            domain: TokenDomain {
                name: needed("name", &written.name, NAME_BYTES_MAX)?,
                version: needed("version", &written.version, NAME_BYTES_MAX)?,
                chain_id: network.chain_id().unwrap_or_default(),
                asset: contract,
            },
            known: false,
        })
    }

    /// What is written about a known token must be what is known.
    fn agreeing_with(self, key: &str, written: &document::Asset) -> Result<Self, SettingsError> {
        let differs =
            |text: &Option<String>, known: &str| text.as_deref().is_some_and(|it| it != known);
        let wrong = [
            ("symbol", differs(&written.symbol, &self.symbol), self.symbol.clone()),
            ("name", differs(&written.name, &self.domain.name), self.domain.name.clone()),
            (
                "version",
                differs(&written.version, &self.domain.version),
                self.domain.version.clone(),
            ),
            (
                "decimals",
                written.decimals.is_some_and(|it| it != i64::from(self.decimals)),
                self.decimals.to_string(),
            ),
        ];
        match wrong.into_iter().find(|(_, differs, _)| *differs) {
            None => Ok(self),
            Some((name, _, known)) => Err(SettingsError::new(
                format!("{key}.{name}"),
                "is not what the token's contract says",
                format!("write {known:?}, or remove the line: the token is known"),
            )),
        }
    }

    /// The price in the token's atomic units: exact, and more than nothing.
    pub(super) fn amount(
        &self,
        key: &str,
        text: &str,
        price: &Price,
    ) -> Result<AtomicAmount, SettingsError> {
        let fits = price.ticker().map_or(self.known, |ticker| ticker == self.symbol);
        if !fits {
            let problem = format!("{text:?} is not a price in {}", self.symbol);
            let remedy = format!("write \"0.10 {}\", or remove the asset", self.symbol);
            return Err(SettingsError::new(key, problem, remedy));
        }
        let amount = price.to_atomic(self.decimals).map_err(|_| {
            SettingsError::new(
                key,
                format!("{text:?} is finer than {} can express", self.symbol),
                format!("use at most {} decimal places", self.decimals),
            )
        })?;
        if amount == AtomicAmount::ZERO {
            let problem = format!("{text:?} is a price of nothing");
            let remedy = "raise it, or write free = true instead to give the files away";
            return Err(SettingsError::new(key, problem, remedy));
        }
        Ok(amount)
    }
}

fn unknown_token(key: String) -> SettingsError {
    SettingsError::new(
        key,
        "is missing, and the token is not one that we know",
        "give its symbol, decimals, name and version as the contract states them",
    )
}

fn decimals(key: &str, written: Option<i64>) -> Result<u8, SettingsError> {
    let Some(value) = written else { return Err(unknown_token(key.to_owned())) };
    u8::try_from(value).ok().filter(|it| *it <= DECIMALS_MAX).ok_or_else(|| {
        SettingsError::new(key, format!("is {value}"), format!("write 0 to {DECIMALS_MAX}"))
    })
}

/// The network that a known token's contract is on.
fn home(contract: Address) -> Option<&'static str> {
    let on = |it: &&wire::networks::KnownNetwork| {
        std::iter::once(&it.asset)
            .chain(it.more_assets)
            .any(|it| Address::from(it.address) == contract)
    };
    NETWORKS.iter().find(on).map(|it| it.name)
}
