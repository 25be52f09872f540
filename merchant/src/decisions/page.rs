//! What a person sees who follows a link to something that is for sale: a page with the 402. The
//! challenge is the same as for everyone else; only the body is for people. No scripts, and nothing
//! is loaded from anywhere.

use std::fmt::Write;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, USER_AGENT};
use http::{HeaderMap, HeaderValue};

use crate::decisions::offer::UrlParts;
use crate::decisions::reply::Reply;

const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
const NO_REFERRER: HeaderValue = HeaderValue::from_static("no-referrer");

/// The page's one style sheet, by which alone the policy below lets it be shown.
pub const STYLE: &str = concat!(
    ":root{color-scheme:light dark;--ink:#1c2330;--soft:#5b6472;--paper:#f5f6f8;--card:#fff;--line:#dfe3e8;--link:#0b57d0}",
    "@media(prefers-color-scheme:dark){:root{--ink:#e8ebf0;--soft:#9ba5b4;--paper:#11151b;--card:#1a2029;--line:#2d3541;--link:#8ab4f8}}",
    "*{box-sizing:border-box}",
    "body{margin:0;padding:6vh 1rem 2rem;background:var(--paper);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}",
    "main{max-width:40rem;margin:auto;padding:1.5rem;background:var(--card);border:1px solid var(--line);border-radius:.75rem}",
    "h1{margin:.25rem 0 0;font-size:1.5rem;line-height:1.25;overflow-wrap:anywhere}",
    "h2{margin:1.75rem 0 .5rem;font-size:1rem}",
    "p{margin:.5rem 0}",
    ".soft{color:var(--soft);overflow-wrap:anywhere}",
    "ul{margin:1rem 0 0;padding:0;list-style:none}",
    "li{display:flex;flex-wrap:wrap;gap:0 .75rem;align-items:baseline;justify-content:space-between;padding:.5rem 0;border-top:1px solid var(--line)}",
    "li:last-child{border-bottom:1px solid var(--line)}",
    "b{font-size:1.125rem}",
    "pre{margin:.5rem 0;padding:.75rem;white-space:pre-wrap;overflow-wrap:anywhere;background:var(--paper);border:1px solid var(--line);border-radius:.5rem}",
    "code{font:.875rem/1.5 ui-monospace,monospace}",
    "a{color:var(--link)}",
);
/// Nothing may be loaded or run, sent anywhere, or put into a frame.
pub const POLICY: &str = "default-src 'none'; \
    style-src 'sha256-fu6UCxcOKBM83KmrKI6d1XKBBC378+pCbWNU2yDeGBw='; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What all objects of a route have in common on the page: description, prices and links, escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    goods: Box<str>,
    links: Box<str>,
}

/// One way to pay, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceTag {
    /// Amount and ticker: `0.001 USDC`.
    pub price: String,
    /// The network's name.
    pub network: String,
    /// Is it play money?
    pub testnet: bool,
}

/// Does a person look at the answer? Browsers say that they navigate; those that do not say it yet
/// ask for HTML by their old name. A script, and an agent, gets the JSON.
#[must_use]
pub fn is_wanted(headers: &HeaderMap) -> bool {
    let has = |name: &str, word: &str| {
        headers.get_all(name).iter().any(|it| it.to_str().is_ok_and(|it| it.contains(word)))
    };
    has(ACCEPT.as_str(), "text/html")
        && match headers.get("sec-fetch-mode") {
            Some(mode) => mode == "navigate",
            None => has(USER_AGENT.as_str(), "Mozilla/"),
        }
}

impl Page {
    /// The page of a route. `links` are paths of documents of our own.
    #[must_use]
    pub fn new(description: Option<&str>, prices: &[PriceTag], links: &[&str]) -> Self {
        let mut goods = String::new();
        if let Some(description) = description {
            let _ = write!(goods, "<p>{}</p>", Escaped(description));
        }
        goods.push_str("<ul>");
        for PriceTag { price, network, testnet } in prices {
            let play = if *testnet { ", a test network: no real money" } else { "" };
            let (price, network) = (Escaped(price), Escaped(network));
            let _ = write!(
                goods,
                "<li><b>{price}</b><span class=\"soft\">on {network}{play}</span></li>"
            );
        }
        goods.push_str("</ul>");
        let mut shown = String::new();
        for link in links {
            let lead = if shown.is_empty() { "<p>All that is for sale: " } else { ", " };
            let link = Escaped(link);
            let _ = write!(shown, "{lead}<a href=\"{link}\">{link}</a>");
        }
        if !shown.is_empty() {
            shown.push_str("</p>");
        }
        Self { goods: goods.into(), links: shown.into() }
    }

    /// The page for the object with this key, at this URL.
    #[must_use]
    pub fn render(&self, key: &str, url: UrlParts<'_>) -> String {
        let name = key.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        let name = if name.is_empty() { "Payment required" } else { name };
        // A quote in a path may stand as its escape, which no shell takes for its own.
        let (origin, path) = (Escaped(url.origin), url.path.replace('\'', "%27"));
        let (name, path) = (Escaped(name), Escaped(&path));
        let Self { goods, links } = self;
        format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
             <meta name=\"robots\" content=\"noindex\"><title>{name}: payment required</title>\
             <style>{STYLE}</style></head><body><main>\
             <p class=\"soft\">402 Payment Required</p><h1><bdi>{name}</bdi></h1>\
             <p class=\"soft\">{origin}{path}</p>{goods}\
             <h2>How to get it</h2>\
             <p>This is sold to software that pays over <a href=\"https://www.x402.org\">x402</a>, \
             with one signature and without an account. From a terminal:</p>\
             <pre><code>x402-agent get &#39;{origin}{path}&#39;</code></pre>\
             <p class=\"soft\">The offer, for programs, stands in the PAYMENT-REQUIRED header of this \
             answer. Nothing was charged.</p>{links}</main></body></html>\n"
        )
    }
}

/// Puts the page into a challenge that a person looks at.
pub(super) fn show(reply: &mut Reply, html: String) {
    reply.headers.insert(CONTENT_TYPE, HTML);
    reply.headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    reply.headers.insert(REFERRER_POLICY, NO_REFERRER);
    reply.body = Bytes::from(html);
}

/// Text that stands for itself in HTML, between tags and within quotes.
struct Escaped<'a>(&'a str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    const MOZILLA: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36";

    #[test]
    fn a_person_is_who_navigates_to_html() {
        #[rustfmt::skip]
        let rows: &[(&[(&str, &str)], bool)] = &[
            (&[("accept", BROWSER), ("sec-fetch-mode", "navigate")],                          true),
            (&[("accept", BROWSER), ("user-agent", MOZILLA)],                                 true),
            (&[("accept", BROWSER), ("sec-fetch-mode", "cors"), ("user-agent", MOZILLA)],     false),
            (&[("accept", BROWSER), ("sec-fetch-mode", "no-cors"), ("user-agent", MOZILLA)],  false),
            (&[("accept", BROWSER)],                                                          false),
            (&[("accept", BROWSER), ("user-agent", "python-httpx/0.28")],                     false),
            (&[("accept", "*/*"), ("user-agent", MOZILLA)],                                   false),
            (&[("accept", "application/json"), ("sec-fetch-mode", "navigate")],               false),
            (&[],                                                                             false),
        ];
        for (pairs, expected) in rows {
            let mut headers = HeaderMap::new();
            for (name, value) in *pairs {
                headers.append(*name, HeaderValue::from_static(value));
            }
            assert_eq!(is_wanted(&headers), *expected, "{pairs:?}");
        }
    }

    #[test]
    fn no_text_becomes_markup() {
        let evil = "<script>alert(1)</script> & \"quotes\" 'too'";
        let tag = PriceTag { price: evil.into(), network: evil.into(), testnet: true };
        let page = Page::new(Some(evil), &[tag], &[evil]);
        let url = UrlParts { origin: "https://x.test", path: "/a&amp;'<b>" };
        let html = page.render(&format!("a/{evil}"), url);
        assert!(!html.contains("<script") && !html.contains("<b>\"") && !html.contains("'too'"));
        assert!(html.contains(
            "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;quotes&quot; &#39;too&#39;"
        ));
        assert!(html.contains("get &#39;https://x.test/a&amp;amp;%27&lt;b&gt;&#39;"), "{html}");
        assert!(!STYLE.contains('<'), "the style sheet cannot be left");
    }
}
