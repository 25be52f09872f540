//! Sums over purchases: everything counts that is not released.

use rusqlite::{Connection, OptionalExtension, params};

use super::rows::seconds;
use crate::book::Entry;
use crate::decisions::budget::{Facts, Micros};

/// What bears on this entry.
pub(super) fn facts(connection: &Connection, entry: &Entry) -> rusqlite::Result<Facts> {
    let exposure = &entry.exposure;
    let (host, session) = (&entry.host, &entry.errand.session);
    let mut sums = connection.prepare_cached(
        "SELECT coalesce(sum(micros), 0),
                coalesce(sum(micros) FILTER (WHERE host = ?1), 0),
                coalesce(sum(micros) FILTER (WHERE session = ?2), 0),
                coalesce(max(host = ?1), 0),
                coalesce(max(host = ?1 AND chain_id = ?3 AND pay_to = ?4), 0)
         FROM purchases WHERE stage != 'released'",
    )?;
    let row = params![host, session, exposure.network.chain_id, exposure.pay_to.to_string()];
    let mut facts = sums.query_row(row, |row| {
        Ok(Facts {
            total: micros(row.get(0)?),
            host: micros(row.get(1)?),
            session: micros(row.get(2)?),
            host_known: row.get(3)?,
            payee_known: row.get(4)?,
            ..Facts::default()
        })
    })?;
    let mut window = connection.prepare_cached(
        "SELECT coalesce(sum(micros), 0) FROM purchases
         WHERE stage != 'released' AND reserved_at > ?1",
    )?;
    for span in &entry.spans {
        let since = seconds(entry.now.before(*span));
        facts.windows.push(window.query_row([since], |row| Ok(micros(row.get(0)?)))?);
    }
    let mut last = connection.prepare_cached(
        "SELECT micros FROM purchases WHERE stage != 'released' AND url = ?1
         ORDER BY id DESC LIMIT 1",
    )?;
    let price = last.query_row([&entry.errand.url], |row| row.get(0)).optional()?;
    facts.last_price = price.map(micros);
    Ok(facts)
}

/// What counts in a session.
pub(super) fn in_session(connection: &Connection, session: &str) -> rusqlite::Result<Micros> {
    let sql = "SELECT coalesce(sum(micros), 0) FROM purchases
               WHERE stage != 'released' AND session = ?1";
    connection.query_row(sql, [session], |row| Ok(micros(row.get(0)?)))
}

/// Sums are never negative: no row is.
fn micros(sum: i64) -> Micros {
    Micros::new(u64::try_from(sum).unwrap_or(u64::MAX))
}
