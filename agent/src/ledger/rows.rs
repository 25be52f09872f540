//! Purchases as rows: written once, read back as what was signed. A row that does not read is an
//! error, never a guess.

use rusqlite::{Connection, Row, params};
use wire::networks::by_chain_id;
use wire::{AtomicAmount, PaymentKey, TxHash, UnixTime};

use crate::book::{Entry, Errand, OpenPurchase, PurchaseId};
use crate::decisions::budget::Micros;
use crate::decisions::challenge::Version;
use crate::decisions::draft::{Exposure, Payment};
use crate::decisions::purchase::{SIGNING_MAX, Stage};

/// Most that one purchase counts for, a billion dollars: sums of thousands of such still fit the
/// integers of `SQLite`.
const MICROS_MAX: u64 = 1_000_000_000_000_000;

/// One purchase as the ledger has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purchase {
    /// Its number.
    pub id: PurchaseId,
    /// Where it stands.
    pub stage: Stage,
    /// What was asked for.
    pub url: String,
    /// The payment session; empty outside of any.
    pub session: String,
    /// What is asked for with the payment.
    pub target: String,
    /// Who sells.
    pub host: String,
    /// What it counts for.
    pub price: Micros,
    /// What was, or would have been, signed.
    pub exposure: Exposure,
    /// When it was reserved.
    pub reserved: UnixTime,
    /// When its stage last changed.
    pub changed: UnixTime,
    /// How many times somebody began to send the payment.
    pub sends: u32,
    /// The transaction that moved the money, where it is known.
    pub transaction: Option<TxHash>,
    /// The payment's bytes, once signed. Whoever has them can take the money to the payee.
    pub(crate) payment: Option<Payment>,
}

/// Every column that [`read`] reads, in its order.
pub(super) const COLUMNS: &str = "id, stage, url, session, target, host, micros, chain_id, asset, \
    amount, payer, pay_to, nonce, valid_before, reserved_at, changed_at, version, payment, sends, tx";

pub(super) fn seconds(time: UnixTime) -> i64 {
    i64::try_from(time.seconds()).unwrap_or(i64::MAX)
}

pub(super) fn insert(connection: &Connection, it: &Entry) -> rusqlite::Result<PurchaseId> {
    let (errand, exposure) = (&it.errand, &it.exposure);
    let micros = i64::try_from(it.price.count().min(MICROS_MAX)).unwrap_or(i64::MAX);
    let now = seconds(it.now);
    let mut statement = connection.prepare_cached(
        "INSERT INTO purchases (stage, method, url, session, target, host, micros, chain_id, asset,
            amount, payer, pay_to, nonce, valid_before, reserved_at, changed_at)
         VALUES ('reserved', ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?14)",
    )?;
    let id = statement.insert(params![
        errand.method,
        errand.url,
        errand.session,
        it.target,
        it.host,
        micros,
        exposure.key.chain_id,
        exposure.key.asset.to_string(),
        exposure.amount.to_string(),
        exposure.key.payer.to_string(),
        exposure.pay_to.to_string(),
        exposure.key.nonce.to_string(),
        seconds(exposure.valid_before),
        now,
    ])?;
    Ok(PurchaseId(id))
}

/// Stores the payment if the reservation still stands. A wallet may have chosen its own nonce and
/// window, so they are written again; not a nonce that another purchase was paid with.
pub(super) fn store(
    connection: &Connection,
    id: PurchaseId,
    payment: &Payment,
    now: UnixTime,
) -> rusqlite::Result<usize> {
    let exposure = payment.exposure();
    let version = if payment.header() == Version::V1.payment_header() { 1 } else { 2 };
    connection
        .prepare_cached(
            "UPDATE purchases SET stage = 'signed', version = ?2, payment = ?3, nonce = ?4,
                valid_before = ?5, changed_at = ?6, sends = 1
             WHERE id = ?1 AND stage = 'reserved' AND (nonce = ?4 OR NOT EXISTS (
                SELECT 1 FROM purchases AS other
                WHERE other.nonce = ?4 AND other.payer = purchases.payer
                    AND other.asset = purchases.asset AND other.chain_id = purchases.chain_id
                    AND other.stage IN ('signed', 'settled')))",
        )?
        .execute(params![
            id.0,
            version,
            payment.value(),
            exposure.key.nonce.to_string(),
            seconds(exposure.valid_before),
            seconds(now),
        ])
}

/// Drops reservations that have waited too long for a signature.
pub(super) fn drop_stale(connection: &Connection, now: UnixTime) -> rusqlite::Result<usize> {
    connection
        .prepare_cached(
            "UPDATE purchases SET stage = 'released', changed_at = ?2
             WHERE stage = 'reserved' AND reserved_at <= ?1",
        )?
        .execute([seconds(now.before(SIGNING_MAX)), seconds(now)])
}

pub(super) fn open(connection: &Connection, errand: &Errand) -> rusqlite::Result<Purchase> {
    let sql = format!(
        "SELECT {COLUMNS} FROM purchases
         WHERE method = ?1 AND url = ?2 AND session = ?3 AND stage IN ('reserved', 'signed')"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    statement.query_row(params![errand.method, errand.url, errand.session], read)
}

/// Every purchase that meets a condition of ours, the oldest first.
pub(super) fn all(connection: &Connection, condition: &str) -> rusqlite::Result<Vec<Purchase>> {
    let sql = format!("SELECT {COLUMNS} FROM purchases WHERE {condition} ORDER BY id");
    connection.prepare(&sql)?.query_map([], read)?.collect()
}

/// Reads a row of [`COLUMNS`].
pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Purchase> {
    let text = |column: usize| row.get::<_, String>(column);
    let time = |column: usize| row.get::<_, u64>(column).map(UnixTime::from_seconds);
    let foreign = |column: usize| rusqlite::Error::InvalidColumnIndex(column);
    let network = by_chain_id(row.get(7)?).ok_or_else(|| foreign(7))?;
    let token = text(8)?.parse().map_err(|_| foreign(8))?;
    let asset = network.assets().find(|it| wire::Address::from(it.address) == token);
    let exposure = Exposure {
        key: PaymentKey {
            chain_id: network.chain_id,
            asset: token,
            payer: text(10)?.parse().map_err(|_| foreign(10))?,
            nonce: text(12)?.parse().map_err(|_| foreign(12))?,
        },
        network,
        asset: asset.ok_or_else(|| foreign(8))?,
        amount: text(9)?.parse::<AtomicAmount>().map_err(|_| foreign(9))?,
        pay_to: text(11)?.parse().map_err(|_| foreign(11))?,
        valid_before: time(13)?,
    };
    let version = match row.get::<_, Option<u8>>(16)? {
        Some(1) => Some(Version::V1),
        Some(2) => Some(Version::V2),
        Some(_) => return Err(foreign(16)),
        None => None,
    };
    let bytes: Option<String> = row.get(17)?;
    let payment = version.zip(bytes).map(|(version, it)| Payment::kept(version, it, exposure));
    let tx: Option<String> = row.get(19)?;
    Ok(Purchase {
        id: PurchaseId(row.get(0)?),
        stage: Stage::of_word(&text(1)?).ok_or_else(|| foreign(1))?,
        url: text(2)?,
        session: text(3)?,
        target: text(4)?,
        host: text(5)?,
        price: Micros::new(row.get(6)?),
        exposure,
        reserved: time(14)?,
        changed: time(15)?,
        sends: row.get(18)?,
        transaction: tx.and_then(|it| it.parse().ok()),
        payment,
    })
}

impl Purchase {
    /// As an open purchase; nothing if it is signed and its payment is missing.
    pub(super) fn into_open(self) -> Option<OpenPurchase> {
        let Self { id, stage, reserved, target, exposure, payment, .. } = self;
        if stage == Stage::Signed && payment.is_none() {
            return None;
        }
        Some(OpenPurchase { id, stage, reserved, target, exposure, payment })
    }
}
