//! A second opinion: the same binary under `cargo lambda watch`, whose authors wrote the runtime. It
//! is less faithful than our own emulator (it hands text bodies over in base64), and it is not ours.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::function::bootstrap;
use crate::http::{Reply, ask};
use crate::market::{GOODS, package};
use crate::s3::skip;

struct Watch(Child);

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn program() -> Option<String> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let output = Command::new("scripts/tools").arg("cargo-lambda").current_dir(root).output();
    let output = output.unwrap();
    if output.status.success() {
        return Some(String::from_utf8(output.stdout).unwrap().trim().to_owned());
    }
    skip("the function under cargo lambda", &String::from_utf8_lossy(&output.stderr));
    None
}

#[tokio::test]
async fn another_emulator_gets_the_same_answers() {
    let Some(program) = program() else { return };
    let package = package("http://127.0.0.1:9");
    let port = tests::free_port();
    let log = |name: &str| std::fs::File::create(package.path().join(name)).unwrap();
    let mut watch = Command::new(program);
    watch
        .args(["lambda", "watch", "--only-lambda-apis", "--disable-cors", "-A", "127.0.0.1"])
        .args(["-P", &port.to_string()])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../merchant"))
        .stdout(Stdio::null())
        .stderr(log("watch"));
    let _watch = Watch(watch.spawn().unwrap());
    let address = format!("127.0.0.1:{port}");
    while tokio::net::TcpStream::connect(&address).await.is_err() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut function = Command::new(bootstrap());
    function
        .env_clear()
        .env("LAMBDA_TASK_ROOT", package.path())
        .env("AWS_LAMBDA_RUNTIME_API", format!("http://{address}/.rt/bootstrap"))
        .env("AWS_LAMBDA_FUNCTION_NAME", "bootstrap")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .stdout(log("stdout"))
        .stderr(log("stderr"));
    let _function = Watch(function.spawn().unwrap());
    let to = address.parse().unwrap();
    let get = async |method, path: &str| -> Reply {
        let path = format!("/lambda-url/bootstrap{path}");
        let asking = ask(to, method, &path, &[]);
        tokio::time::timeout(Duration::from_secs(20), asking).await.expect("an answer in time")
    };
    let challenge = get("GET", "/premium/a.json").await;
    let said = String::from_utf8_lossy(&challenge.body);
    assert_eq!(challenge.status, 402, "{said}");
    let told = challenge.message("payment-required").unwrap();
    assert_eq!(told["resource"]["url"], "https://files.example.com/premium/a.json");
    let free = get("GET", "/free/a.txt").await;
    assert_eq!(free.status, 200);
    assert!(free.body.windows(GOODS.len()).any(|it| it == GOODS), "{:?}", free.body);
    assert_eq!(get("GET", "/nothing").await.status, 404);
    assert_eq!(get("HEAD", "/free/a.txt").await.status, 200);
}
