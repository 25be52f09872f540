//! Buckets, addresses and secrets that are kept elsewhere: what is read, and what stops the start.

use super::{GOOD, load, load_with, sentence};
use crate::decisions::viewer::ViewerAddress;
use crate::settings::{Bucket, Keeper, S3Options, Secret, Service, Settings};

fn with_content(url: &str) -> String {
    GOOD.replace("file:./content", url)
}

fn bucket(url: &str) -> Bucket {
    load(&with_content(url)).unwrap().content.bucket().unwrap().clone()
}

#[test]
fn a_bucket_is_named_with_its_service_and_its_part() {
    #[rustfmt::skip]
    let rows = [
        // url                                          service      name       prefix   shown
        ("s3://files",                                  "s3",        "files",   "",      "s3://files"),
        ("s3://files/",                                 "s3",        "files",   "",      "s3://files"),
        ("s3://my.files-1/a/b.c_d",                     "s3",        "my.files-1", "a/b.c_d", "s3://my.files-1/a/b.c_d"),
        ("s3://files/a/",                               "s3",        "files",   "a",     "s3://files/a"),
        ("s3://files/a?region=eu-central-1",            "s3 eu-central-1", "files", "a", "s3://files/a"),
        ("s3://files?endpoint=http://127.0.0.1:9000",   "s3 at http://127.0.0.1:9000/ by path", "files", "", "s3://files"),
        ("s3://files?endpoint=https://s3.example&path_style=false", "s3 at https://s3.example/", "files", "", "s3://files"),
        ("s3://files?path_style=true",                  "s3 by path", "files",  "",      "s3://files"),
        ("r2://abc123/files/a",                         "s3 auto at https://abc123.r2.cloudflarestorage.com/ by path", "files", "a", "s3://files/a"),
        ("gs://files/a",                                "gs",        "files",   "a",     "gs://files/a"),
        ("az://account/files/a",                        "az account", "files",  "a",     "az://account/files/a"),
    ];
    for (url, service, name, prefix, shown) in rows {
        let bucket = bucket(url);
        assert_eq!(words(&bucket.service), service, "{url}");
        assert_eq!((bucket.name.as_str(), bucket.prefix.as_str()), (name, prefix), "{url}");
        assert_eq!(bucket.to_string(), shown);
    }
}

fn words(service: &Service) -> String {
    match service {
        Service::Google => "gs".into(),
        Service::Azure(account) => format!("az {account}"),
        Service::S3(S3Options { region, endpoint, path_style }) => {
            let region = region.as_ref().map(|it| format!(" {it}")).unwrap_or_default();
            let endpoint = endpoint.as_ref().map(|it| format!(" at {it}")).unwrap_or_default();
            format!("s3{region}{endpoint}{}", if *path_style { " by path" } else { "" })
        }
    }
}

#[test]
fn a_bucket_that_could_be_another_one_stops_the_start() {
    #[rustfmt::skip]
    let rows = [
        ("s3:files",                         "has no // before its bucket"),
        ("s3://",                            "names no bucket: 3 to 63 lower-case letters, digits, dots and hyphens"),
        ("s3://Files",                       "names no bucket: 3 to 63 lower-case letters, digits, dots and hyphens"),
        ("s3://user:hush@files",             "names no bucket: 3 to 63 lower-case letters, digits, dots and hyphens"),
        ("s3://files/../other",              "has a prefix that is not plain: letters, digits, '-', '_', '.' and '/'"),
        ("s3://files/a//b",                  "has a prefix that is not plain: letters, digits, '-', '_', '.' and '/'"),
        ("s3://files/a%20b",                 "has a prefix that is not plain: letters, digits, '-', '_', '.' and '/'"),
        ("s3://files?secret=hush",           "has an option other than region, endpoint and path_style"),
        ("s3://files?path_style=yes",        "has an option other than region, endpoint and path_style"),
        ("s3://files?endpoint=http://10.0.0.1", "has an endpoint that is not a URL: https, or http for loopback"),
        ("s3://files?endpoint=https://a/b",  "has an endpoint with a path"),
        ("r2://files",                       "names an account but no bucket"),
        ("gs://files?region=eu",             "has options, which only s3:// has"),
    ];
    for (url, problem) in rows {
        let remedy = r#"write "file:./folder", "s3://bucket/prefix" or "memory:""#;
        let expected = format!("content.url {url:?} {problem}; {remedy}");
        assert_eq!(sentence(load(&with_content(url))), expected);
    }
}

#[test]
fn a_ledger_in_the_content_would_be_served() {
    let rows = [
        ("s3://files", "s3://files", false),
        ("s3://files", "s3://files/ledger", false),
        ("s3://files/a", "s3://files/a/ledger", false),
        ("s3://files/a/b", "s3://files/a", false),
        ("s3://files", "s3://files?endpoint=https://s3.example", false),
        ("s3://files/a", "s3://files/ab", true),
        ("s3://files/a", "s3://files/b", true),
        ("s3://files", "s3://ledger", true),
        ("s3://files", "gs://files", true),
        ("s3://files", "file:./ledger", true),
    ];
    for (content, ledger, apart) in rows {
        let toml = with_content(content).replace("file:./ledger", ledger);
        let told = sentence(load(&toml));
        assert_eq!(told == "no mistake", apart, "{content} {ledger}: {told}");
        assert!(apart || told.starts_with("ledger.url ") && told.contains("keys of each other"));
    }
}

#[test]
fn only_a_bucket_hands_large_objects_over() {
    let env = [("X402_CONTENT__REDIRECT_ABOVE", "1000")];
    let above = |it: Settings| it.redirect_above;
    assert_eq!(load_with(&with_content("s3://files"), &env).map(above), Ok(Some(1000)));
    assert_eq!(
        sentence(load_with(GOOD, &env)),
        "X402_CONTENT__REDIRECT_ABOVE needs content in a bucket, whose service hands large objects \
         over; remove the line, or name a bucket"
    );
    let less = [("X402_CONTENT__REDIRECT_ABOVE", "-1")];
    assert_eq!(
        sentence(load_with(&with_content("s3://files"), &less)),
        "X402_CONTENT__REDIRECT_ABOVE is -1; write a number of bytes"
    );
}

#[test]
fn an_address_is_read_where_the_configuration_says() {
    let remedy = "write \"peer\", \"cloudfront\", \"header:NAME\" or \"x-forwarded-for:1\" (1 to 8, from \
                  the right)";
    let header = || ViewerAddress::Header(http::HeaderName::from_static("cf-connecting-ip"));
    #[rustfmt::skip]
    let rows = [
        ("peer",                    Some(ViewerAddress::Peer)),
        ("cloudfront",              Some(ViewerAddress::CloudFront)),
        ("header:CF-Connecting-IP", Some(header())),
        ("x-forwarded-for:2",       Some(ViewerAddress::Forwarded(2))),
        ("x-forwarded-for:0",       None),
        ("x-forwarded-for:9",       None),
        ("x-forwarded-for",         None),
        ("header:",                 None),
        ("header:a b",              None),
        ("CloudFront",              None),
    ];
    for (text, expected) in rows {
        let loaded = load_with(GOOD, &[("X402_CLIENT__ADDRESS", text)]);
        match expected {
            Some(viewer) => assert_eq!(*loaded.unwrap().policy.viewer(), viewer, "{text}"),
            None => assert_eq!(
                sentence(loaded),
                format!("X402_CLIENT__ADDRESS {text:?} is no place to read an address; {remedy}")
            ),
        }
    }
}

#[test]
fn a_token_that_is_kept_elsewhere_is_named_and_not_sent() {
    #[rustfmt::skip]
    let rows = [
        ("ssm:/shop/token",            Some((Keeper::ParameterStore, "/shop/token"))),
        ("secretsmanager:shop/token",  Some((Keeper::SecretsManager, "shop/token"))),
        ("secretsmanager:arn:aws:secretsmanager:eu-central-1:1:secret:a-b", Some((Keeper::SecretsManager, "arn:aws:secretsmanager:eu-central-1:1:secret:a-b"))),
        ("file:./token",               Some((Keeper::File, "/srv/shop/token"))),
        ("file:/run/secrets/token",    Some((Keeper::File, "/run/secrets/token"))),
        ("sesame",                     None),
        ("other:sesame",               None),
    ];
    for (text, expected) in rows {
        let mut settings = load_with(GOOD, &[("X402_FACILITATOR__TOKEN", text)]).unwrap();
        let mut secrets: Vec<_> = settings.facilitator.secrets_mut().collect();
        let [token] = &mut secrets[..] else { panic!("one secret") };
        let kept = token.kept().map(|it| (it.keeper, it.name.as_str()));
        assert_eq!(kept, expected, "{text}");
        assert_eq!(token.secret().is_ok(), expected.is_none(), "{text}");
        if expected.is_some() {
            let error = token.keep("hush hush").unwrap_err();
            assert!(!error.to_string().contains("hush"), "{error}");
            token.keep("sesame\n").unwrap();
            assert!(token.kept().is_none());
        }
        let held = if expected.is_some() { "sesame" } else { text };
        assert_eq!(token.secret().map(Secret::expose), Ok(held), "{text}");
    }
}

#[test]
fn credentials_are_never_shown() {
    let env = [("AWS_SECRET_ACCESS_KEY", "hush"), ("AZURE_STORAGE_ACCOUNT_KEY", "hush")];
    let shown = format!("{:?}", load_with(GOOD, &env).unwrap());
    assert!(shown.contains("AWS_SECRET_ACCESS_KEY") && !shown.contains("hush"));
}

#[test]
fn aws_is_where_its_own_variables_say() {
    let token = ("X402_FACILITATOR__TOKEN", "ssm:/a");
    let at = |env: &[(&str, &str)]| {
        let settings = load_with(GOOD, &[&[token], env].concat()).unwrap();
        let place = settings.cloud.keeper(Keeper::ParameterStore);
        place.map_or_else(|it| it.to_string(), |(region, url)| format!("{region} {url}"))
    };
    #[rustfmt::skip]
    let rows: &[(&[(&str, &str)], &str)] = &[
        (&[("AWS_REGION", "eu-central-1")],         "eu-central-1 https://ssm.eu-central-1.amazonaws.com/"),
        (&[("AWS_DEFAULT_REGION", "eu-central-1")], "eu-central-1 https://ssm.eu-central-1.amazonaws.com/"),
        (&[("AWS_REGION", "a-b-1"), ("AWS_ENDPOINT_URL_SSM", "http://127.0.0.1:5000")], "a-b-1 http://127.0.0.1:5000/"),
        (&[("AWS_REGION", "a-b-1"), ("AWS_ENDPOINT_URL", "http://127.0.0.1:5000")],     "a-b-1 http://127.0.0.1:5000/"),
        (&[],                                       "AWS_REGION is missing; set it to the region that keeps the secret, such as eu-central-1"),
    ];
    for (env, expected) in rows {
        assert_eq!(at(env), *expected);
    }
}
