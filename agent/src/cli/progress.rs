//! A progress bar for content that takes a while, on a terminal only.

use std::time::Duration;

use tokio::time::Instant;

use super::terminal::{Terminal, redraw};
use super::words::size;

/// Content that arrives within this time needs no bar.
const PATIENCE: Duration = Duration::from_millis(400);

/// Time between two drawings: smooth to the eye, nothing to the processor.
const TICK: Duration = Duration::from_millis(100);

/// Cells of the bar.
const CELLS: usize = 24;

/// Draws how much has arrived.
#[derive(Debug)]
pub(crate) struct Progress {
    shown: bool,
    total: Option<u64>,
    started: Instant,
    drawn: Option<Instant>,
}

impl Progress {
    /// A bar towards this total, or none where nobody looks.
    pub(crate) fn new(terminal: Terminal, wanted: bool, total: Option<u64>) -> Self {
        let shown = wanted && terminal.err_is_terminal();
        Self { shown, total, started: Instant::now(), drawn: None }
    }

    /// So much has arrived.
    pub(crate) fn at(&mut self, received: u64) {
        let due = self.drawn.map_or(self.started + PATIENCE, |drawn| drawn + TICK);
        let now = Instant::now();
        if self.shown && now >= due {
            self.drawn = Some(now);
            redraw(&line(received, self.total, now - self.started));
        }
    }

    /// Takes the bar away.
    pub(crate) fn clear(&mut self) {
        if self.drawn.take().is_some() {
            redraw("");
        }
    }
}

fn line(received: u64, total: Option<u64>, elapsed: Duration) -> String {
    let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
    let speed = size(received.saturating_mul(1000) / millis);
    let Some(total) = total.filter(|total| *total > 0) else {
        return format!("{} at {speed}/s", size(received));
    };
    let percent = u128::from(received) * 100 / u128::from(total);
    let filled = usize::try_from(percent).unwrap_or(100).min(100) * CELLS / 100;
    let bar = "█".repeat(filled) + &"░".repeat(CELLS - filled);
    format!("{bar} {percent:>3} %  {} of {} at {speed}/s", size(received), size(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_fills_up() {
        let second = Duration::from_secs(1);
        let half = format!(
            "{}{}  50 %  500 bytes of 1.0 KB at 500 bytes/s",
            "█".repeat(12),
            "░".repeat(12)
        );
        assert_eq!(line(500, Some(1000), second), half);
        assert_eq!(line(500, None, second), "500 bytes at 500 bytes/s");
        assert!(
            line(2000, Some(1000), second).starts_with(&"█".repeat(CELLS)),
            "more than promised"
        );
    }
}
