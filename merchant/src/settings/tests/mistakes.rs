//! Every mistake stops the start with one sentence.

use super::{GOOD, load, sentence};

/// Each row: what stands in a good configuration, what is written instead, and the sentence.
fn check(rows: &[(&str, &str, &str)]) {
    for (good, bad, expected) in rows {
        assert!(GOOD.contains(good), "{good:?} does not stand in the good configuration");
        let toml = GOOD.replacen(good, bad, 1);
        assert_eq!(sentence(load(&toml)), *expected, "{bad}");
    }
}

const URL: &str = r#""https://files.example.com""#;
const PAYEE: &str = r#""0x209693Bc6afc0C5328bA36FaF03C514EF312287C""#;
const NETWORKS: &str = r#"["base-sepolia"]"#;
const PRICE: &str = r#""$0.001""#;
const PATH: &str = r#""/premium/""#;
const PRICED: &str = "price = \"$0.001\"\n";
const FREE: &str = "free = true\n";
const FACILITATOR: &str = r#""x402.org""#;
const CONTENT: &str = r#""file:./content""#;
const LEDGER: &str = r#""file:./ledger""#;

#[test]
fn the_public_url_is_an_origin() {
    #[rustfmt::skip]
    check(&[
        (URL, r#""https://files.example.com/shop""#,
            r#"public_url "https://files.example.com/shop" has a path; write "https://files.example.com""#),
        (URL, r#""https://files.example.com/?a=1""#,
            r#"public_url "https://files.example.com/?a=1" has a query; write "https://files.example.com""#),
        (URL, r#""https://files.example.com/#a""#,
            r#"public_url "https://files.example.com/#a" has a fragment; write "https://files.example.com""#),
        (URL, r#""https://me:word@files.example.com""#,
            "public_url holds a user name or password; remove everything between // and @"),
        (URL, r#""http://files.example.com""#,
            r#"public_url "http://files.example.com" is plain http on a public host; write https; http is for localhost and loopback addresses only"#),
        (URL, r#""http://10.0.0.1""#,
            r#"public_url "http://10.0.0.1" is plain http on a public host; write https; http is for localhost and loopback addresses only"#),
        (URL, r#""ftp://files.example.com""#,
            r#"public_url "ftp://files.example.com" has a scheme that cannot be used; write a URL that begins with https://"#),
        (URL, r#""files.example.com""#,
            r#"public_url "files.example.com" is not a URL with a host; write one such as "https://files.example.com""#),
        (URL, r#""https://files.example.com\t""#,
            r#"public_url "https://files.example.com\t" is not a URL with a host; write one such as "https://files.example.com""#),
        (URL, r#""https:\\\\files.example.com""#,
            r#"public_url "https:\\\\files.example.com" is not a URL with a host; write one such as "https://files.example.com""#),
        (URL, r#""https://Files.Example.com:443""#,
            r#"public_url "https://Files.Example.com:443" is not in its one spelling; write "https://files.example.com""#),
        ("public_url = \"https://files.example.com\"\n", "",
            r#"public_url is missing; set it to the scheme and host that payers use, such as "https://files.example.com""#),
    ]);
}

#[test]
fn money_goes_to_an_address_that_can_spend_it() {
    #[rustfmt::skip]
    check(&[
        (PAYEE, r#""0x209693bc6afc0C5328bA36FaF03C514EF312287C""#,
            r#"pay_to "0x209693bc6afc0C5328bA36FaF03C514EF312287C" has a letter case that contradicts its EIP-55 checksum; a character may be wrong: copy the address again"#),
        (PAYEE, r#""0x209693Bc6afc0C5328bA36FaF03C514EF312287""#,
            r#"pay_to "0x209693Bc6afc0C5328bA36FaF03C514EF312287" is not an address; write 0x and 40 hexadecimal digits"#),
        (PAYEE, r#""""#,
            r#"pay_to "" is not an address; write 0x and 40 hexadecimal digits"#),
        (PAYEE, r#""0x0000000000000000000000000000000000000000""#,
            "pay_to is the zero address: what is sent there is lost; write the address of your wallet"),
        (PAYEE, r#""0x036CbD53842c5426634e7929541eC2318f3dCF7e""#,
            "pay_to is the contract of USDC on Base Sepolia: what is sent there is lost; write the address of your wallet"),
        (PRICED, "price = \"$0.001\"\npay_to = \"0x0\"\n",
            r#"routes[0].pay_to "0x0" is not an address; write 0x and 40 hexadecimal digits"#),
        ("pay_to = \"0x209693Bc6afc0C5328bA36FaF03C514EF312287C\"\n", "",
            r#"pay_to is missing; set it to the address that is to be paid, "0x" and 40 hexadecimal digits"#),
    ]);
}

#[test]
fn networks_are_known_and_of_one_kind() {
    #[rustfmt::skip]
    check(&[
        (NETWORKS, "[]", "networks names no network; name at least one"),
        (NETWORKS, r#"["base-sepolja"]"#,
            r#"networks[0] "base-sepolja" is not a network that we know; did you mean "base-sepolia"?"#),
        (NETWORKS, r#"["base-sepolia", "dogecoin"]"#,
            r#"networks[1] "dogecoin" is not a network that we know; name one such as "base" or "eip155:8453""#),
        (NETWORKS, r#"["base-sepolia", "eip155:84532"]"#,
            r#"networks[1] "eip155:84532" names a network that stands there already; remove one of the two"#),
        (NETWORKS, r#"["eip155:10143"]"#,
            r#"networks[0] "eip155:10143" is a network without a token that we know; offer it under [[routes.accepts]] with its asset in full"#),
        (NETWORKS, r#"["solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"]"#,
            r#"networks[0] "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp" is not an EVM network; name one such as "base" or "eip155:8453""#),
        (NETWORKS, r#"["base", "base-sepolia"]"#,
            "routes[0] can be paid with real money on base and with play money on base-sepolia; split it into routes of one kind, or every payer takes the play money"),
        (NETWORKS, r#""base-sepolia""#,
            r#"networks must be a list of texts; write ["base-sepolia"]"#),
        ("networks = [\"base-sepolia\"]\n", "",
            r#"networks is missing; name the networks to be paid on, such as networks = ["base-sepolia"]"#),
        (PRICED, "price = \"$0.001\"\nnetworks = []\n",
            "routes[0].networks names no network; name at least one"),
    ]);
}

#[test]
fn a_price_is_an_exact_decimal_above_zero() {
    let form = "is not a price; write an exact decimal such as \"$0.001\" or \"0.10 USDC\"";
    for bad in ["", "0x10", "1_000", "-1", "1e3", "01", "0", "$01", "$-1", "$1e3", "$", "1,5 USDC"]
    {
        let toml = GOOD.replacen(PRICE, &format!("{bad:?}"), 1);
        assert_eq!(sentence(load(&toml)), format!("routes[0].price {bad:?} {form}"));
    }
    #[rustfmt::skip]
    check(&[
        (PRICE, r#""$0""#,
            r#"routes[0].price "$0" is a price of nothing; raise it, or write free = true instead to give the files away"#),
        (PRICE, r#""0.000 USDC""#,
            r#"routes[0].price "0.000 USDC" is a price of nothing; raise it, or write free = true instead to give the files away"#),
        (PRICE, r#""$0.0000001""#,
            r#"routes[0].price "$0.0000001" is finer than USDC can express; use at most 6 decimal places"#),
        (PRICE, r#""0.10 EURC""#,
            "routes[0].price names a token that is not known on base-sepolia; write USDC, or give the token in full under [routes.accepts.asset]"),
        (PRICE, "0.001",
            r#"routes[0].price must be a text in quotes; write "$0.001""#),
    ]);
}

#[test]
fn each_path_is_canonical_and_covered_once() {
    #[rustfmt::skip]
    check(&[
        (PATH, r#""""#,
            r#"routes[0].path is missing or empty; write the prefix that it covers, such as "/premium/""#),
        (PATH, r#""premium/""#,
            r#"routes[0].path "premium/" is not canonical: the path must begin with a slash; write "/premium/""#),
        (PATH, r#""//premium//a/""#,
            r#"routes[0].path "//premium//a/" is not canonical: the path must not hold an empty segment; write "/premium/a/""#),
        (PATH, r#""/caf%c3%a9""#,
            r#"routes[0].path "/caf%c3%a9" is not canonical: the path has another canonical spelling; write "/caf%C3%A9""#),
        (PATH, r#""/café au lait""#,
            r#"routes[0].path "/café au lait" is not canonical: the path holds a character that must be encoded; write "/caf%C3%A9%20au%20lait""#),
        (PATH, r#""/a/../premium""#,
            r#"routes[0].path "/a/../premium" is not canonical: the path must not hold a dot segment; write a path such as "/premium/""#),
        (PATH, r#""/premium/?x=1""#,
            r#"routes[0].path "/premium/?x=1" is not canonical: a path ends before the question mark; write "/premium/""#),
        (PATH, r#""/%70remium""#,
            r#"routes[0].path "/%70remium" is not canonical: the path escapes a character that must stand plain; write a path such as "/premium/""#),
        (PATH, r#""/free""#,
            "routes[1].path covers the same paths as routes[0].path; keep one of the two"),
    ]);
}

#[test]
fn a_route_is_either_priced_or_free() {
    let routes = GOOD.split_once("[[routes]]").map(|(_, routes)| format!("[[routes]]{routes}"));
    let routes = routes.unwrap();
    let long = "x".repeat(501);
    #[rustfmt::skip]
    check(&[
        (&routes, "",
            "routes has no entry, so nothing is served; add [[routes]] with path = \"/premium/\" and price = \"$0.001\""),
        (PRICED, "",
            "routes[0] is neither priced nor free; add price = \"$0.001\", or free = true to give the files away"),
        (PRICED, "free = false\n",
            "routes[0] is neither priced nor free; add price = \"$0.001\", or free = true to give the files away"),
        (FREE, "free = true\nprice = \"$1\"\n",
            "routes[1] is both priced and free; remove free = true or the price"),
        (FREE, "free = true\nmime_type = \"a/b\"\n",
            "routes[1].mime_type has no effect on a free route; remove it, or give the route a price"),
        (PRICED, "price = \"$0.001\"\ndescription = \"a\\u0001b\"\n",
            "routes[0].description holds a control character, such as a line break or a tab; write it in one line of plain text"),
        (PRICED, &format!("price = \"$0.001\"\ndescription = \"{long}\"\n"),
            "routes[0].description has 501 characters; shorten it to at most 500"),
        (PRICED, "price = \"$0.001\"\ndescription = \" \"\n",
            "routes[0].description is empty; write a text or remove the line"),
        (PRICED, "price = \"$0.001\"\nmime_type = \"pdf\"\n",
            "routes[0].mime_type \"pdf\" is not a media type; write one such as \"application/pdf\" or \"text/plain; charset=utf-8\""),
    ]);
}

#[test]
fn further_offers_name_tokens_that_exist() {
    let accept = |rest: &str| format!("{PRICED}[[routes.accepts]]\n{rest}\n");
    let full = r#"symbol = "EURC", decimals = 6, name = "EURC", version = "2""#;
    let token = "0x808456652fdb597867f38412077A9182bf77359F";
    let asset = |inner: &str| {
        accept(&format!("network = \"base-sepolia\"\nprice = \"0.10 EURC\"\nasset = {{ {inner} }}"))
    };
    #[rustfmt::skip]
    check(&[
        (PRICED, &accept("price = \"$1\""),
            "routes[0].accepts[0].network is missing; name the offer's network"),
        (PRICED, &accept("network = \"base-sepolia\""),
            "routes[0].accepts[0].price is missing; write what an object costs there"),
        (PRICED, &accept("network = \"base-sepolia\"\nprice = \"$2\""),
            "routes[0] offers USDC on base-sepolia twice; keep one of the two"),
        (PRICED, &accept("network = \"eip155:10143\"\nprice = \"$2\""),
            "routes[0].accepts[0].price is for eip155:10143, a network without a token that we know; give the offer an asset in full"),
        (PRICED, &asset(full),
            "routes[0].accepts[0].asset.address is missing; write the token's contract"),
        (PRICED, &asset(&format!("address = \"{token}\"")),
            "routes[0].accepts[0].asset.symbol is missing, and the token is not one that we know; give its symbol, decimals, name and version as the contract states them"),
        (PRICED, &asset(&format!("address = \"{token}\", {}", full.replace("decimals = 6, ", ""))),
            "routes[0].accepts[0].asset.decimals is missing, and the token is not one that we know; give its symbol, decimals, name and version as the contract states them"),
        (PRICED, &asset(&format!("address = \"{token}\", {}", full.replace("= 6", "= 37"))),
            "routes[0].accepts[0].asset.decimals is 37; write 0 to 36"),
        (PRICED, &asset(&format!("address = \"{token}\", {}", full.replace("symbol = \"EURC\"", "symbol = \"USDC\""))),
            "routes[0].accepts[0].asset.address is not the USDC of base-sepolia; write \"0x036CbD53842c5426634e7929541eC2318f3dCF7e\", or another symbol"),
        (PRICED, &asset("address = \"0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913\""),
            "routes[0].accepts[0].asset.address is a token of Base, not of base-sepolia; correct the address or the network"),
        (PRICED, &asset("address = \"0x036CbD53842c5426634e7929541eC2318f3dCF7e\", name = \"USD Coin\""),
            "routes[0].accepts[0].asset.name is not what the token's contract says; write \"USDC\", or remove the line: the token is known"),
        (PRICED, &asset(&format!("address = \"{token}\", {full}")).replace("0.10 EURC", "$0.10"),
            "routes[0].accepts[0].price \"$0.10\" is not a price in EURC; write \"0.10 EURC\", or remove the asset"),
        (PRICED, &asset(&format!("address = \"{token}\", {full}")).replace("asset", &format!("pay_to = \"{token}\"\nasset")),
            "routes[0] pays the contract of EURC: what is sent there is lost; write the address of your wallet as pay_to"),
    ]);
}

#[test]
fn a_challenge_stays_small_enough_to_travel() {
    let accepts: Vec<String> = (1..=12)
        .map(|it| {
            format!(
                "[[routes.accepts]]\nnetwork = \"eip155:1000{it:02}\"\nprice = \"1 TOKEN\"\n\
                 asset = {{ address = \"0x808456652fdb597867f38412077a9182bf7735{it:02x}\", \
                 symbol = \"TOKEN\", decimals = 18, name = \"{}\", version = \"1\" }}\n",
                "n".repeat(64)
            )
        })
        .collect();
    let described = format!("description = \"{}\"\n", "€".repeat(500));
    #[rustfmt::skip]
    check(&[
        (PRICED, &format!("{described}{}", accepts.concat()),
            "routes[0] makes a PAYMENT-REQUIRED header of up to 8840 bytes, more than the 8192 that proxies pass; shorten the description or the example, or offer fewer ways to pay"),
        (PRICED, &format!("{PRICED}{}", accepts.concat()),
            "routes[0] has 13 ways to pay; leave at most 12"),
    ]);
}

#[test]
fn folders_are_named_and_kept_apart() {
    let schemes = r#"write "file:./folder", "s3://bucket/prefix" or "memory:""#;
    #[rustfmt::skip]
    check(&[
        (CONTENT, r#""ftp://host/files""#,  &format!(r#"content.url "ftp://host/files" has a scheme that is not served; {schemes}"#)),
        (CONTENT, r#""./content""#,         &format!(r#"content.url "./content" has no scheme; {schemes}"#)),
        (CONTENT, r#""file:""#,             &format!(r#"content.url "file:" names no folder; {schemes}"#)),
        (CONTENT, r#""file://host/files""#, &format!(r#"content.url "file://host/files" names a host, but folders are on this machine; {schemes}"#)),
        (CONTENT, r#""memory:a""#,          &format!(r#"content.url "memory:a" names a place in memory, which has none; {schemes}"#)),
        ("url = \"file:./content\"\n", "",  &format!("content.url is missing; {schemes}")),
        ("url = \"file:./ledger\"\n", "",   &format!("ledger.url is missing; {schemes}")),
        (LEDGER, r#""file:./content/ledger""#,
            r#"ledger.url lies inside the content folder, so the ledger would be served; keep the ledger beside the content, such as "file:./ledger""#),
        (LEDGER, r#""file:./other/../content""#,
            r#"ledger.url lies inside the content folder, so the ledger would be served; keep the ledger beside the content, such as "file:./ledger""#),
        (CONTENT, r#""file:./ledger/content""#,
            r#"content.url lies inside the ledger folder, so objects would be taken for records; keep the content beside the ledger, such as "file:./content""#),
        (CONTENT, r#""file:.""#,
            r#"content.url names a folder that holds this configuration, which would be served, too; keep the content in a folder of its own, such as "file:./content""#),
        (CONTENT, r#""file:///srv""#,
            r#"content.url names a folder that holds this configuration, which would be served, too; keep the content in a folder of its own, such as "file:./content""#),
    ]);
}

#[test]
fn the_facilitator_is_known_or_reached_by_https() {
    let token = |text: &str| format!("\"x402.org\"\ntoken = {text}");
    #[rustfmt::skip]
    check(&[
        (FACILITATOR, r#""x402.com""#,
            r#"facilitator.url "x402.com" is not the name of a known facilitator; write "x402.org" (Base Sepolia, no key), "cdp" (with an API key) or the facilitator's https URL"#),
        (FACILITATOR, r#""http://facilitator.example.com""#,
            r#"facilitator.url "http://facilitator.example.com" is plain http on a public host; write https; http is for localhost and loopback addresses only"#),
        (FACILITATOR, r#""https://facilitator.example.com/?key=1""#,
            r#"facilitator.url "https://facilitator.example.com/?key=1" has a query or a fragment; end it with the path"#),
        (FACILITATOR, r#""https://a:b@facilitator.example.com""#,
            "facilitator.url holds a user name or password; remove everything between // and @"),
        ("url = \"x402.org\"\n", "",
            r#"facilitator.url is missing; write "x402.org" (Base Sepolia, no key), "cdp" (with an API key) or the facilitator's https URL"#),
        (FACILITATOR, &token(r#""""#),
            "facilitator.token is not a bearer token: it is empty or holds blanks or other characters that no header can carry; copy it again, or remove the line"),
        (FACILITATOR, &token(r#""hush hush""#),
            "facilitator.token is not a bearer token: it is empty or holds blanks or other characters that no header can carry; copy it again, or remove the line"),
        (FACILITATOR, &token("12"),
            "facilitator.token must be a text in quotes; write the token in quotes"),
    ]);
}

#[test]
fn a_facilitator_knows_us_in_one_way_and_its_headers_are_headers() {
    let cdp = |lines: &str| format!("\"cdp\"\n{lines}");
    let with = |lines: &str| format!("\"https://pay.example.com\"\n{lines}");
    let (key, secret) = ("key_id = \"a\"\n", "key_secret = \"hush\"\n");
    let nine: Vec<_> = (0..9).map(|n| format!("\"x-{n}: hush\"")).collect();
    #[rustfmt::skip]
    check(&[
        (FACILITATOR, &cdp(""),
            "facilitator.key_id is missing; write the name of your API key, and its secret as key_secret"),
        (FACILITATOR, "\"https://api.cdp.coinbase.com/platform/v2/x402\"",
            "facilitator.key_id is missing; write the name of your API key, and its secret as key_secret"),
        (FACILITATOR, &cdp(key),
            "facilitator.key_secret is missing; write the secret of that API key"),
        (FACILITATOR, &with(secret),
            "facilitator.key_id is missing; write the name of that API key"),
        (FACILITATOR, &cdp(&format!("{secret}key_id = \"a b\"")),
            "facilitator.key_id is not the name of an API key; copy it again"),
        (FACILITATOR, &cdp(&format!("{key}key_secret = \"\"")),
            "facilitator.key_secret is not a key: it is empty or holds other characters than base64 has; copy it again, or remove the line"),
        (FACILITATOR, &cdp(&format!("{key}{secret}token = \"hush\"")),
            "facilitator.token stands beside an API key; keep one of the two: a request has room for one"),
        (FACILITATOR, &with("headers = [\"hush\"]"),
            "facilitator.headers[0] is not a header; write a name, a colon and a value, such as \"x-api-key: sesame\""),
        (FACILITATOR, &with("headers = [\"a b: hush\"]"),
            "facilitator.headers[0] is not a header; write a name, a colon and a value, such as \"x-api-key: sesame\""),
        (FACILITATOR, &with("headers = [\"x-a: hush\", \"X-A: hush\"]"),
            "facilitator.headers[1] names a header that stands there already; keep one of them"),
        (FACILITATOR, &with("headers = [\"Authorization: hush\"]"),
            "facilitator.headers[0] names a header that is not free to choose; remove it; a bearer token is written as token"),
        (FACILITATOR, &with("headers = [\"x-a: \"]"),
            "facilitator.headers[0] has no value that a header can carry; copy it again, or remove the line"),
        (FACILITATOR, &with(&format!("headers = [{}]", nine.join(", "))),
            "facilitator.headers has 9 headers; leave at most 8"),
    ]);
}

#[test]
fn those_that_stand_in_are_as_good_and_are_others() {
    let with = |lines: &str| format!("\"x402.org\"\n[[facilitator.fallbacks]]\n{lines}");
    let another = |n| format!("[[facilitator.fallbacks]]\nurl = \"https://f{n}.example.com\"\n");
    let four: Vec<_> = (0..4).map(another).collect();
    let four = four.concat();
    let four = format!("\"x402.org\"\n{four}");
    #[rustfmt::skip]
    check(&[
        (FACILITATOR, &with(""),
            r#"facilitator.fallbacks[0].url is missing; write "x402.org" (Base Sepolia, no key), "cdp" (with an API key) or the facilitator's https URL"#),
        (FACILITATOR, &with("url = \"http://pay.example.com\""),
            r#"facilitator.fallbacks[0].url "http://pay.example.com" is plain http on a public host; write https; http is for localhost and loopback addresses only"#),
        (FACILITATOR, &with("url = \"https://x402.org/facilitator\""),
            r#"facilitator.fallbacks[0].url "https://x402.org/facilitator" stands there already; name another one: what is down is down twice"#),
        (FACILITATOR, &with("url = \"https://pay.example.com\"\ntoken = \"\""),
            "facilitator.fallbacks[0].token is not a bearer token: it is empty or holds blanks or other characters that no header can carry; copy it again, or remove the line"),
        (FACILITATOR, &with("uri = \"https://pay.example.com\""),
            "facilitator.fallbacks[0].uri is not a setting; did you mean facilitator.fallbacks[].url?"),
        (FACILITATOR, &four,
            "facilitator.fallbacks names 4 facilitators; name at most 3: there is no time to ask more of them"),
        (FACILITATOR, "\"x402.org\"\nfallbacks = \"https://pay.example.com\"",
            "facilitator.fallbacks must be a list of tables; begin each with a line [[facilitator.fallbacks]]"),
    ]);
}

#[test]
fn names_and_kinds_are_those_of_the_list() {
    #[rustfmt::skip]
    check(&[
        ("public_url", "publicurl",       "publicurl is not a setting; did you mean public_url?"),
        ("free = true", "fre = true",     "routes[1].fre is not a setting; did you mean routes[].free?"),
        ("[ledger]\n", "[ledger]\nfsyncs = true\n", "ledger.fsyncs is not a setting; did you mean ledger.fsync?"),
        ("[ledger]\n", "[ledger]\nfsync = 1\n",     "ledger.fsync must be true or false; write true"),
        ("[ledger]\n", "[telemetry]\nlevel = 1\n[ledger]\n",
            "telemetry is not a setting; remove it or see docs/configuration.md for what there is"),
        ("[content]\nurl = \"file:./content\"", "content = \"file:./content\"",
            "content must be a table; begin it with a line [content]"),
        ("[[routes]]\npath = \"/premium/\"\nprice = \"$0.001\"\n\n[[routes]]\npath = \"/free/\"", "[routes]\npath = \"/free/\"",
            "routes must be a list of tables; begin each with a line [[routes]]"),
        ("pay_to", "v1 = yes\npay_to",
            "line 3 is not TOML: string values must be quoted, expected literal string; correct it; texts stand in quotes, and tables as [ledger] or [[routes]]"),
        ("pay_to", "public_url = \"a\"\npay_to",
            "line 3 is not TOML: duplicate key; correct it; texts stand in quotes, and tables as [ledger] or [[routes]]"),
    ]);
}

#[test]
fn limits_have_ranges() {
    let with = |line: &str| format!("[limits]\n{line}\n[ledger]\n");
    #[rustfmt::skip]
    check(&[
        ("[ledger]\n", &with("max_timeout_seconds = 29"),  "limits.max_timeout_seconds is 29; write 30 to 300 seconds"),
        ("[ledger]\n", &with("max_timeout_seconds = 301"), "limits.max_timeout_seconds is 301; write 30 to 300 seconds"),
        ("[ledger]\n", &with("connections = 0"),           "limits.connections is 0; write 1 to 65535 connections"),
        ("[ledger]\n", &with("sales = 16385"),            "limits.sales is 16385; write 1 to 16384 sales"),
        ("[ledger]\n", &with("header_bytes = -1"),         "limits.header_bytes is -1; write 16384 to 65536 bytes"),
        ("[ledger]\n", &with("header_timeout_seconds = 61"), "limits.header_timeout_seconds is 61; write 1 to 60 seconds"),
        ("[ledger]\n", &with("send_timeout_seconds = 0"),  "limits.send_timeout_seconds is 0; write 1 to 600 seconds"),
        ("[ledger]\n", &with("shutdown_seconds = 0"),      "limits.shutdown_seconds is 0; write 1 to 300 seconds"),
        ("[ledger]\n", "[server]\nlisten = \"localhost:80\"\n[ledger]\n",
            r#"server.listen "localhost:80" is not a socket address; write an IP address and a port, such as "127.0.0.1:4021""#),
    ]);
}
