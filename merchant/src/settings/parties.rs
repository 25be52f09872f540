//! Who is paid and on which networks. Refuses addresses that nobody can spend from.

use wire::networks::NETWORKS;
use wire::{Address, Network};

use super::SettingsError;
use super::nearest::nearest;

/// An address that money can be sent to: well-formed, its checksum right, not zero, not a token.
pub(super) fn payee(key: &str, text: &str) -> Result<Address, SettingsError> {
    let address = address(key, text)?;
    if address == Address::new([0; 20]) {
        let problem = "is the zero address: what is sent there is lost";
        return Err(SettingsError::new(key, problem, "write the address of your wallet"));
    }
    let tokens =
        || NETWORKS.iter().flat_map(|network| network.assets().map(move |it| (network, it)));
    if let Some((network, token)) = tokens().find(|(_, it)| Address::from(it.address) == address) {
        return Err(SettingsError::new(
            key,
            format!(
                "is the contract of {} on {}: what is sent there is lost",
                token.symbol, network.name
            ),
            "write the address of your wallet",
        ));
    }
    Ok(address)
}

/// An address as a person typed it.
pub(super) fn address(key: &str, text: &str) -> Result<Address, SettingsError> {
    Address::parse_checksummed(text).map_err(|error| {
        let (problem, remedy) = match error {
            wire::address::AddressError::Form => {
                ("is not an address", "write 0x and 40 hexadecimal digits")
            }
            wire::address::AddressError::Checksum => (
                "has a letter case that contradicts its EIP-55 checksum",
                "a character may be wrong: copy the address again",
            ),
        };
        SettingsError::new(key, format!("{text:?} {problem}"), remedy)
    })
}

/// The networks of a list, at least one and none twice.
pub(super) fn networks(key: &str, texts: &[String]) -> Result<Vec<Network>, SettingsError> {
    if texts.is_empty() {
        return Err(SettingsError::new(key, "names no network", "name at least one"));
    }
    let mut networks = Vec::with_capacity(texts.len());
    for (index, text) in texts.iter().enumerate() {
        let key = format!("{key}[{index}]");
        let network = evm(&key, text)?;
        if network.known().is_none() {
            return Err(SettingsError::new(
                key,
                format!("{text:?} is a network without a token that we know"),
                "offer it under [[routes.accepts]] with its asset in full",
            ));
        }
        if networks.contains(&network) {
            let problem = format!("{text:?} names a network that stands there already");
            return Err(SettingsError::new(key, problem, "remove one of the two"));
        }
        networks.push(network);
    }
    Ok(networks)
}

/// An EVM network by its legacy name or its CAIP-2 name.
pub(super) fn evm(key: &str, text: &str) -> Result<Network, SettingsError> {
    match Network::parse_any(text) {
        Ok(network) if network.chain_id().is_some() => Ok(network),
        Ok(_) => Err(SettingsError::new(
            key,
            format!("{text:?} is not an EVM network"),
            "name one such as \"base\" or \"eip155:8453\"",
        )),
        Err(_) => {
            let names = NETWORKS.iter().filter_map(|it| it.legacy_name);
            let remedy = match nearest(text, names) {
                Some(near) => format!("did you mean {near:?}?"),
                None => "name one such as \"base\" or \"eip155:8453\"".to_owned(),
            };
            Err(SettingsError::new(key, format!("{text:?} is not a network that we know"), remedy))
        }
    }
}

/// The network's name for people: its legacy name, or its CAIP-2 name.
pub(super) fn network_name(network: &Network) -> String {
    let legacy = network.known().and_then(|it| it.legacy_name);
    legacy.map_or_else(|| network.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_have_names_that_people_use() {
        assert_eq!(network_name(&Network::evm(84532)), "base-sepolia");
        assert_eq!(network_name(&Network::evm(42161)), "eip155:42161");
    }
}
