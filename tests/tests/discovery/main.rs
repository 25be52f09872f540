//! What the merchant says of itself, judged by other people's software.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use http::{HeaderMap, Method};
use merchant::decisions::gate::{self, Asked, Gate};
use merchant::settings::Settings;

/// Folders and files, free and priced, one and several prices, and texts that need care.
const SHOP: &str = r#"
    public_url = "https://files.example.com"
    pay_to = "0x209693Bc6afc0C5328bA36FaF03C514EF312287C"
    networks = ["base", "polygon"]
    content.url = "memory:"
    ledger.url = "memory:"
    facilitator.url = "https://pay.example.com"
    [[routes]]
    path = "/"
    price = "$0.001"
    description = "Everything \"else\" {and} more"
    [[routes]]
    path = "/caf%C3%A9(1)$.pdf"
    price = "$0.10"
    mime_type = "application/pdf; charset=binary"
    [[routes.accepts]]
    network = "celo"
    price = "0.12 USDT"
    [[routes]]
    path = "/free/"
    free = true
"#;

/// The document as it goes out.
fn openapi(config: &str) -> Vec<u8> {
    let settings = Settings::load(config, Path::new("/"), std::iter::empty()).unwrap();
    let headers = HeaderMap::new();
    let asked = Asked { method: &Method::GET, target: "/openapi.json", headers: &headers };
    let Gate::Answered(reply) = gate::judge(&settings.policy, asked) else { panic!("no document") };
    assert_eq!(reply.status, 200);
    reply.body.to_vec()
}

#[test]
fn openapi_is_valid_in_the_eyes_of_its_published_validator() {
    let Some(validator) = validator() else { return };
    let folder = tempfile::tempdir().unwrap();
    let judge = |name: &str, document: &[u8]| -> Output {
        let file = folder.path().join(name);
        std::fs::write(&file, document).unwrap();
        Command::new(&validator).arg(&file).output().unwrap()
    };
    let output = judge("good.json", &openapi(SHOP));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    // The judge must be able to say no.
    let broken =
        String::from_utf8(openapi(SHOP)).unwrap().replace("\"required\":true,\"desc", "\"desc");
    assert!(!judge("broken.json", broken.as_bytes()).status.success());
}

/// The validator's path, installed if need be. Nothing, and loudly so, where Python is missing.
fn validator() -> Option<PathBuf> {
    if !Command::new("python3").arg("--version").output().is_ok_and(|it| it.status.success()) {
        skip("the OpenAPI validator", "Python 3 is missing");
        return None;
    }
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/tools");
    let output = Command::new(tools).arg("openapi-spec-validator").output().unwrap();
    if !output.status.success() {
        skip("the OpenAPI validator", &String::from_utf8_lossy(&output.stderr));
        return None;
    }
    Some(String::from_utf8(output.stdout).unwrap().trim().into())
}

/// Says what is not tested here, and fails where everything must be.
#[expect(clippy::print_stderr, reason = "what is not tested must be seen")]
#[expect(clippy::disallowed_methods, reason = "CI is told by the environment alone")]
fn skip(what: &str, why: &str) {
    let mandatory = std::env::var_os("CI").is_some_and(|it| it == "true");
    assert!(!mandatory, "{what}: {why}");
    eprintln!("SKIPPED: {what}: {why}");
}
