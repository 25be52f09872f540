//! `research-agent`: a question, a budget and some sources, answered by a language model that buys what
//! it reads. Reads arguments and environment, and tells what was bought.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use agent::book::BookError;
use agent::decisions::budget::{Grant, Micros, Policy};
use agent::decisions::target::Target;
use agent::purse::Grants;
use agent::world::{Clock, Randomness, System};
use agent::{Agent, Ledger, LocalKey, Purse, Signer, Terms};
use clap::Parser;
use research_agent::desk::{Desk, Source};
use research_agent::model::{Credentials, Dialect, Model};
use research_agent::research::{Findings, research};
use research_agent::sigv4::AccessKey;
use wire::{Network, Price};
use zeroize::Zeroizing;

/// How long a question may be worked on: nothing is signed later.
const TIME_MAX: Duration = Duration::from_mins(30);

const ENVIRONMENT: &str = "\
The environment:
  X402_PRIVATE_KEY            the account that pays
  AWS_BEARER_TOKEN_BEDROCK    a Bedrock API key; or AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and,
                              where there is one, AWS_SESSION_TOKEN
  AWS_REGION                  where Bedrock is asked; us-west-2 by default
  OPENAI_API_KEY              for models with openai: before their name";

/// Answers a question with a language model that buys what it needs to read, within a budget.
#[derive(Debug, Parser)]
#[command(name = "research-agent", after_help = ENVIRONMENT)]
struct Args {
    /// The question.
    question: String,
    /// The most that answering it may cost, in dollars.
    #[arg(long)]
    budget: Price,
    /// The most that one source may cost.
    #[arg(long, default_value = "$0.01")]
    max_price: Price,
    /// What can be read. The model may ask for anything on the same servers. Can be given several
    /// times.
    #[arg(long, value_name = "URL", required = true)]
    source: Vec<String>,
    /// bedrock:NAME or openai:NAME.
    #[arg(long)]
    model: String,
    /// Where the model is asked, instead of its provider's own address.
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// Pay on this network only.
    #[arg(long, default_value = "eip155:84532")]
    network: Network,
    /// Where purchases are kept.
    #[arg(long, value_name = "FILE", default_value = "research-agent.sqlite")]
    ledger: PathBuf,
}

/// One question's budget: what this process may spend, until when.
struct Question(Grant);

impl Grants for Question {
    fn grant(&self, id: &str) -> Result<Option<Grant>, BookError> {
        Ok(Some(self.0.clone()).filter(|it| it.id == id))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok((findings, code)) => {
            tell(&findings);
            code
        }
        Err(why) => {
            say(&format!("error: {why}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> Result<(Findings, ExitCode), Box<dyn std::error::Error>> {
    let model = model(&args)?;
    let key = secret("X402_PRIVATE_KEY").ok_or("X402_PRIVATE_KEY is not set")?;
    let agent = payer(&args, LocalKey::from_hex(&key)?)?;
    let sources = args.source.iter().map(|it| Target::parse(it)).collect::<Result<Vec<_>, _>>()?;
    let findings = research(&model, Desk::new(&agent, &sources), &sources, &args.question).await?;
    let code = if findings.answer.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    Ok((findings, code))
}

/// Everything that the money obeys, set before the model is asked.
fn payer(args: &Args, key: LocalKey) -> Result<Agent<impl Signer>, Box<dyn std::error::Error>> {
    let id = System.nonce()?.to_string();
    let limit = Micros::of_price(&args.budget)?;
    let grant =
        Grant { id: id.clone(), limit, expires: System.now().after(TIME_MAX), closed: false };
    let purse = Purse::new(Ledger::open(&args.ledger)?, Policy::default());
    let terms = Terms::up_to(args.max_price.clone())?.on_networks(vec![args.network.clone()]);
    let purse = purse.in_session(id, Question(grant));
    Ok(Agent::builder(key, terms).purse(purse).body_limit(1024 * 1024).build()?)
}

fn model(args: &Args) -> Result<Model, Box<dyn std::error::Error>> {
    let region = secret("AWS_REGION").map_or_else(|| "us-west-2".into(), |it| it.to_string());
    let (dialect, name) =
        args.model.split_once(':').ok_or("--model is bedrock:NAME or openai:NAME")?;
    let (dialect, usual, credentials) = match dialect {
        "bedrock" => {
            let usual = format!("https://bedrock-runtime.{region}.amazonaws.com");
            (Dialect::Bedrock, usual, bedrock(region)?)
        }
        "openai" => {
            let credentials =
                secret("OPENAI_API_KEY").map_or(Credentials::None, Credentials::Bearer);
            (Dialect::OpenAi, "https://api.openai.com/v1".to_owned(), credentials)
        }
        _ => return Err("--model is bedrock:NAME or openai:NAME".into()),
    };
    let endpoint = args.endpoint.as_deref().unwrap_or(&usual);
    Ok(Model::new(dialect, endpoint, name, credentials)?)
}

fn bedrock(region: String) -> Result<Credentials, &'static str> {
    if let Some(key) = secret("AWS_BEARER_TOKEN_BEDROCK") {
        return Ok(Credentials::Bearer(key));
    }
    let missing = "set AWS_BEARER_TOKEN_BEDROCK, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
    let key = AccessKey {
        id: secret("AWS_ACCESS_KEY_ID").ok_or(missing)?.to_string(),
        secret: secret("AWS_SECRET_ACCESS_KEY").ok_or(missing)?,
        token: secret("AWS_SESSION_TOKEN"),
    };
    Ok(Credentials::Aws(key, region))
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn secret(name: &str) -> Option<Zeroizing<String>> {
    std::env::var(name).ok().filter(|it| !it.is_empty()).map(Zeroizing::new)
}

/// The answer as the model gave it; the sources as they were bought, whatever the model says of them.
fn tell(it: &Findings) {
    let answer = if it.answer.is_empty() { "(no answer)" } else { &it.answer };
    // A model may have been talked into anything, escape sequences included.
    let plain = |it: char| if it.is_control() && it != '\n' { ' ' } else { it };
    print(&answer.chars().map(plain).collect::<String>());
    if it.cut_short {
        say("the model was stopped: it went on using tools");
    }
    if !it.sources.is_empty() {
        print("\nSources:");
    }
    for source in &it.sources {
        print(&line(source));
    }
}

fn line(it: &Source) -> String {
    let paid = match &it.receipt {
        None => "free".to_owned(),
        Some(receipt) => {
            let place = receipt.explorer_url().unwrap_or_else(|| "transaction not known".into());
            format!("paid {}, {place}", receipt.exposure.price())
        }
    };
    format!("[{}] {}\n    sha256 {}\n    {paid}", it.number, it.url, it.sha256)
}

#[expect(clippy::print_stdout, reason = "the result")]
fn print(text: &str) {
    println!("{text}");
}

#[expect(clippy::print_stderr, reason = "what is said on the side")]
fn say(text: &str) {
    eprintln!("{text}");
}
