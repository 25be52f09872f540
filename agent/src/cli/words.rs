//! Amounts, sizes and networks in words.

use agent::decisions::challenge::Offer;
use agent::decisions::inspection::{asset, network};
use wire::AtomicAmount;
use wire::networks::{KnownAsset, KnownNetwork};

/// `$0.001 (0.001 USDC)`: every listed token is a dollar.
pub(crate) fn price(amount: AtomicAmount, asset: &KnownAsset) -> String {
    let decimal = amount.to_decimal(asset.decimals);
    format!("${decimal} ({decimal} {})", asset.symbol)
}

/// `Base Sepolia (test network)`.
pub(crate) fn network_name(network: &KnownNetwork) -> String {
    let suffix = if network.testnet { " (test network)" } else { "" };
    format!("{}{suffix}", network.name)
}

/// The price of an offer that may be anything.
pub(crate) fn offered_price(offer: &Offer) -> String {
    match asset(offer) {
        Some(asset) => price(offer.amount, asset),
        None => format!("{} units of an unknown token", offer.amount),
    }
}

/// The network of an offer that may be anything.
pub(crate) fn offered_network(offer: &Offer) -> String {
    match network(offer) {
        Some(network) => network_name(network),
        None => format!("{} (unknown)", offer.network_name),
    }
}

/// `1 byte`, `999 bytes`, `1.5 KB`: decimal units, one digit behind the point.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KB", "MB", "GB", "TB"];
    match bytes {
        1 => return "1 byte".into(),
        0..1000 => return format!("{bytes} bytes"),
        _ => {}
    }
    let mut tenths = bytes / 100;
    let mut unit = 0;
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        tenths /= 1000;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_like_a_disk_label() {
        #[rustfmt::skip]
        let rows = [
            (0, "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (1000, "1.0 KB"),
            (1550, "1.5 KB"), (999_999, "999.9 KB"), (1_000_000, "1.0 MB"),
            (200_000_000, "200.0 MB"), (u64::MAX, "18446744.0 TB"),
        ];
        for (bytes, text) in rows {
            assert_eq!(size(bytes), text);
        }
    }
}
