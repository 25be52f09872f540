//! `scripts/smoke` against our own server: all that does not need AWS.

use merchant::server::access_log::AccessLog;
use merchant::server::{run, serve};
use merchant::settings::Settings;
use tokio::net::TcpListener;

use crate::stage::Stage;

const CONFIG: &str = r#"
    public_url = "http://{address}"
    pay_to = "0x209693Bc6afc0C5328bA36FaF03C514EF312287C"
    networks = ["base-sepolia"]
    [content]
    url = "file:./content"
    [ledger]
    url = "memory:"
    [facilitator]
    url = "http://127.0.0.1:1"
    [[routes]]
    path = "/free/"
    free = true
    [[routes]]
    path = "/premium/"
    price = "$0.001"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn our_server_answers_as_a_merchant_should() {
    let stage = Stage::new("");
    stage.write("content/free/a.txt", b"x");
    stage.write("content/premium/a.txt", b"x");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let config = CONFIG.replace("{address}", &address.to_string());
    let settings = Settings::load(&config, &stage.path(""), std::iter::empty()).unwrap();
    let limits = settings.limits;
    let merchant = run::merchant(settings).unwrap();
    tokio::spawn(async move {
        serve(listener, merchant, limits, AccessLog::off(), std::future::pending()).await;
    });
    let ending = tokio::task::spawn_blocking(move || {
        let url = format!("http://{address}");
        stage.run(
            "smoke",
            &[&url, "/free/", "/premium/", "--refuses", "https://bucket.invalid"],
            "",
        )
    });
    let said = ending.await.unwrap().well().said;
    assert!(said.lines().filter(|it| it.starts_with("ok ")).count() >= 16, "{said}");
    assert!(!said.contains("WRONG"), "{said}");
}
