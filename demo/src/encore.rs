//! What to try by hand, once the play is over: commands that can be copied as they stand.

use crate::scenes::{FILE, FREE};
use crate::stage::{Stage, buyer};
use crate::teller::Teller;

const PICTURE: &str = "/premium/chart.png";

/// Lists the commands.
pub(crate) fn suggest(stage: &Stage, teller: &Teller, keep: bool) {
    Teller::line("");
    Teller::line(if keep {
        "Everything goes on running. Try it by hand, in another terminal, here:"
    } else {
        "Try it by hand: run scripts/demo --keep, then in another terminal, here:"
    });
    let (file, free) = (stage.url(FILE), stage.url(FREE));
    teller.command("the price of a file, as any HTTP client sees it", &format!("curl -i {file}"));
    let decode = "sed -n 's/^payment-required: //p' | tr -d '\\r' | base64 -d; echo";
    let command = format!("curl -sD - -o /dev/null {file} | {decode}");
    teller.command("the challenge in its header, decoded", &command);
    teller.command("the same, explained", &format!("target/debug/x402-agent inspect {file}"));
    let key = buyer().secret();
    let buy = format!("target/debug/x402-agent get {} -o chart.png", stage.url(PICTURE));
    teller.command(
        "buy the picture (a public test key, worthless outside of the sandbox)",
        &format!("X402_PRIVATE_KEY={key} {buy}"),
    );
    let facilitator = stage.sandbox.facilitator_url();
    teller.command(
        "what the facilitator was asked, and what it found",
        &format!("target/debug/x402-sandbox journal --url {facilitator}"),
    );
    teller.command("a free file", &format!("curl -i {free}"));
    teller.command(
        "a path that tries to look free",
        &format!("curl -i --path-as-is {}", stage.url("/free/../premium/wind.json")),
    );
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]}"#;
    let rpc = stage.sandbox.rpc_url();
    let json = "-H 'content-type: application/json'";
    teller.command("the chain's newest block", &format!("curl -s {json} -d '{call}' {rpc}; echo"));
    if keep {
        Teller::line("");
        Teller::line("Ctrl-C stops everything.");
    }
}
