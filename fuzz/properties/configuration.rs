//! A configuration: one sentence that says what is wrong, or routes of which none is free that does not
//! say so, and none for sale at nothing.

use std::path::Path;

use merchant::decisions::path::CanonicalPath;
use merchant::decisions::policy::Route;
use merchant::settings::{Settings, SettingsError};

/// Panics where a property does not hold.
pub(crate) fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let settings = match load(text) {
        Ok(settings) => settings,
        Err(error) => return assert_sentence(&error.to_string()),
    };
    assert!(!settings.routes.is_empty());
    for summary in &settings.routes {
        let path = CanonicalPath::of_target(&summary.path).expect("a route's path is canonical");
        match settings.policy.route(&path).expect("a route covers its own path") {
            Route::Free => {
                assert!(summary.offers.is_empty(), "{}", summary.path);
                assert!(text.contains("free"), "given away, and nobody said so: {}", summary.path);
            }
            // Free, too, and the file goes first.
            Route::Document(document) => {
                assert!(summary.offers.is_empty() && document.yields(), "{}", summary.path);
            }
            Route::Priced(route) => {
                assert!(!route.offers.is_empty() && route.offers.len() == summary.offers.len());
                let free = |amount: String| amount.trim_matches(['0', '.']).is_empty();
                assert!(!route.offers.iter().any(|it| free(it.requirements().amount.to_string())));
                assert!(!summary.offers.iter().any(|it| free(it.price.clone())));
            }
        }
    }
    // The same text says the same again, and a word that is no setting is never overlooked.
    let again = load(text).expect("it loaded before");
    assert_eq!((&again.routes, again.limits), (&settings.routes, settings.limits));
    assert!(load(&format!("prize = 1\n{text}")).is_err(), "an unknown setting");
}

fn load(text: &str) -> Result<Settings, SettingsError> {
    Settings::load(text, Path::new("/srv"), std::iter::empty())
}

fn assert_sentence(sentence: &str) {
    assert!(!sentence.is_empty() && !sentence.contains(['\n', '\r', '\u{1b}']), "{sentence:?}");
}
