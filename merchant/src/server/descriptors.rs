//! File descriptors, of which every connection, every open object and every call takes one. Where the
//! system grants too few, a crowd of idle connections would keep the ledger from being opened, so the
//! operator is told at the start.

use crate::settings::Limits;

/// The listener, the log, the kept connections to facilitator, storage and chain.
const OTHERS: usize = 100;

/// Says so where the system grants fewer than the limits can take. Silent where it does not tell.
pub(super) fn count(limits: &Limits) {
    let table = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let (needed, granted) = (needed(limits), granted(&table));
    if let Some(granted) = granted.filter(|it| *it < needed) {
        tracing::warn!(
            granted,
            needed,
            "too few file descriptors for limits.connections and limits.sales; raise ulimit -n, or \
             lower them"
        );
    }
}

/// A sale has an object open and a call under way besides its own connection.
fn needed(limits: &Limits) -> usize {
    limits.connections + 2 * limits.sales + OTHERS
}

/// The soft limit, as Linux tells it (proc(5)).
fn granted(table: &str) -> Option<usize> {
    let row = table.lines().find_map(|it| it.strip_prefix("Max open files"))?;
    row.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_is_read_where_there_is_one() {
        let head =
            "Limit                     Soft Limit           Hard Limit           Units     \n";
        let row =
            |soft| format!("{head}Max open files            {soft} 524288               files\n");
        assert_eq!(granted(&row("1024                ")), Some(1024));
        assert_eq!(granted(&row("unlimited           ")), None);
        assert_eq!(granted(head), None);
    }
}
