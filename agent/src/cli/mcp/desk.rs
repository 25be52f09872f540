//! Where tool calls are answered: one account, one policy, one ledger, and a memory of what was
//! bought in this run.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use agent::agent::Quoted;
use agent::decisions::budget::Denial;
use agent::decisions::target::Target;
use agent::purse::Grants;
use agent::sessions::SessionFolder;
use agent::tools::call_name;
use agent::transport::{Patience, Transport};
use agent::world::{Clock, System};
use agent::{Agent, Ledger, PayError, Purse, Signer, Terms};
use rmcp::model::JsonObject;
use serde_json::{Value, json};
use wire::Price;

use super::super::discover::facilitators;
use super::super::environment::Environment;
use super::super::exit::Failure;
use super::super::policy::{PaidServer, Rules};
use super::super::terminal::Terminal;
use super::super::wallet::Wallet;
use super::super::{guard, purse, session};
use super::answer::Answer;
use super::args::Mcp;
use super::arguments::{text, whole_number};
use super::bazaar::Search;
use super::errand::{Errands, Interest};
use super::instrument::{Standing, instrument};
use super::problem::{Problem, Retry};
use super::purchase::{Attended, Content, Looker, PaidCall, buy, call};
use super::said::{delivered, listed, priced};
use super::tools::ToolName;

/// How long tools of other servers are waited for.
const PATIENT: Patience = Patience {
    connect: Duration::from_secs(10),
    answer: Duration::from_mins(1),
    silence: Duration::from_mins(1),
    content: Duration::from_mins(5),
};

/// Answers tool calls.
pub(crate) struct Desk {
    wallet: Arc<Wallet>,
    terms: Terms,
    purse: Purse,
    rules: Rules,
    ledger: Ledger,
    session: Option<(String, SessionFolder)>,
    transport: Transport,
    /// For tools of other servers, which may take longer.
    patient: Transport,
    tools: Vec<ToolName>,
    /// Whose catalogues are searched.
    facilitators: Vec<String>,
    content_max: usize,
    deadline: Duration,
    buy_again: bool,
    contents: Errands<Content>,
}

impl Desk {
    /// Everything that can be wrong is found out before a client is answered.
    pub(crate) async fn open(
        args: &Mcp,
        environment: &Environment,
        terminal: Terminal,
    ) -> Result<Self, Failure> {
        let wallet = Wallet::find(&args.key, environment).await?;
        if wallet.is_there() {
            // Now, and not in the middle of a call: a person may have to be asked for a password.
            wallet.open().await?;
        }
        let mut rules = Rules::find(args.purse.policy.as_deref(), environment)?;
        let terms = rules.terms(&args.terms)?;
        rules.policy = purse::narrowed(&rules.policy, args.purse.budget.as_ref())?;
        // Purchases that nobody remembers would be made again.
        let purse = purse::open(&args.purse, &rules, environment, terminal)?;
        let purse = purse.ok_or(Failure::NoLedger)?;
        let path = purse::ledger_path(args.purse.ledger.as_deref(), environment);
        let ledger = Ledger::open(&path.ok_or(Failure::NoLedger)?);
        let ledger = ledger.map_err(|why| Failure::Pay(PayError::Ledger(why)))?;
        let session = match &args.purse.session {
            Some(id) => {
                Some((id.clone(), session::folder(args.purse.sessions.clone(), environment)?))
            }
            None => None,
        };
        let guard = guard::of(&args.guard, &rules.models.allow_private)?;
        Ok(Self {
            wallet: Arc::new(wallet),
            terms,
            purse,
            tools: offered(args, &rules)?,
            rules,
            ledger,
            session,
            patient: Transport::guarded(PATIENT, guard.clone())?,
            transport: Transport::guarded(Patience::default(), guard)?,
            facilitators: facilitators(&args.facilitator),
            content_max: usize::try_from(args.content_max).unwrap_or(usize::MAX),
            deadline: Duration::from_secs(args.deadline),
            buy_again: args.buy_again,
            contents: Errands::new(),
        })
    }

    pub(crate) fn has_key(&self) -> bool {
        self.wallet.is_there()
    }

    pub(crate) fn tools(&self) -> &[ToolName] {
        &self.tools
    }

    /// The names of the servers of paid tools.
    pub(crate) fn servers(&self) -> Vec<&str> {
        self.rules.models.servers.iter().map(|it| it.name.as_str()).collect()
    }

    pub(crate) fn deadline(&self) -> Duration {
        self.deadline
    }

    /// Waits for the end of purchases under way.
    pub(crate) async fn farewell(&self, patience: Duration) {
        self.contents.all_over(patience).await;
    }

    /// Answers one call.
    pub(crate) async fn answer(
        &self,
        tool: ToolName,
        arguments: &JsonObject,
    ) -> Result<Answer, Problem> {
        match tool {
            ToolName::FetchUrl => self.fetch(arguments).await,
            ToolName::CheckPrice => self.price(text(arguments, "url")?).await,
            ToolName::SearchBazaar => {
                let (terms, policy) = (self.narrowed(arguments)?, &self.rules.policy);
                let search =
                    Search { transport: &self.transport, facilitators: &self.facilitators };
                search.run(text(arguments, "query")?, &terms, policy, self.content_max).await
            }
            ToolName::GetPaymentInstrument => {
                self.require_key()?;
                let facts = instrument(&self.wallet);
                let said = format!("payments are made from {}", self.wallet.address());
                Ok(Answer::new(facts, said))
            }
            ToolName::ListPaymentInstruments => {
                let all = if self.has_key() { vec![instrument(&self.wallet)] } else { Vec::new() };
                let said = format!("{} payment instruments", all.len());
                Ok(Answer::new(json!({ "paymentInstruments": all }), said))
            }
            ToolName::GetPaymentSession => self.standing(),
            ToolName::ListPaidTools => self.list(text(arguments, "server")?).await,
            ToolName::CallPaidTool => self.call(arguments).await,
        }
    }

    async fn fetch(&self, arguments: &JsonObject) -> Result<Answer, Problem> {
        let url = Target::parse(text(arguments, "url")?);
        let url = url.map_err(|why| Problem::from(&PayError::InvalidUrl(why)))?.to_string();
        let terms = self.narrowed(arguments)?;
        let offset = whole_number(arguments, "offset")?;
        self.bring(&url, offset, |interest| {
            let agent = self.agent(self.attended(interest), terms.clone(), &self.transport);
            buy(agent, url.clone(), self.has_key())
        })
        .await
    }

    async fn call(&self, arguments: &JsonObject) -> Result<Answer, Problem> {
        let terms = self.narrowed(arguments)?;
        let offset = whole_number(arguments, "offset")?;
        let none = JsonObject::new();
        let taken = match arguments.get("arguments") {
            None | Some(Value::Null) => &none,
            Some(Value::Object(taken)) => taken,
            Some(_) => return Err(Problem::argument("arguments: must be an object")),
        };
        let wanted = PaidCall {
            server: self.server(text(arguments, "server")?)?.url.clone(),
            tool: text(arguments, "tool")?.to_owned(),
            arguments: taken.clone(),
        };
        let name = call_name(&wanted.server, &wanted.tool, taken);
        let name = name.map_err(|why| Problem::from(&why))?;
        self.bring(&name, offset, |interest| {
            let agent = self.agent(self.attended(interest), terms.clone(), &self.patient);
            call(agent, wanted.clone(), self.has_key())
        })
        .await
    }

    /// What an errand of this name brings, or brought before.
    async fn bring<F>(
        &self,
        name: &str,
        offset: usize,
        work: impl Fn(Arc<Interest>) -> F,
    ) -> Result<Answer, Problem>
    where
        F: Future<Output = Result<Content, Problem>> + Send + 'static,
    {
        loop {
            let waiting = self.contents.enter(name, self.buy_again && offset == 0, &work);
            let joined = waiting.joined;
            match waiting.outcome().await {
                // Others began it and left before anything was signed.
                Err(problem) if problem.is_abandoned() && joined => {}
                outcome => return delivered(&*outcome?, offset, self.content_max, joined),
            }
        }
    }

    async fn list(&self, server: &str) -> Result<Answer, Problem> {
        let url = &self.server(server)?.url;
        let looker = Looker(Arc::clone(&self.wallet));
        let agent = self.agent(looker, self.terms.clone(), &self.patient)?;
        let tools = agent.list_tools(url).await.map_err(|why| Problem::from(&why))?;
        listed(&tools, self.content_max)
    }

    fn server(&self, name: &str) -> Result<&PaidServer, Problem> {
        let found = self.rules.models.servers.iter().find(|it| it.name == name);
        found.ok_or_else(|| Problem::argument("server: the operator lists no such server"))
    }

    fn attended(&self, interest: Arc<Interest>) -> Attended {
        Attended { wallet: Arc::clone(&self.wallet), interest }
    }

    fn agent<S: Signer>(
        &self,
        signer: S,
        terms: Terms,
        transport: &Transport,
    ) -> Result<Agent<S>, Problem> {
        let agent = Agent::builder(signer, terms)
            .transport(transport.clone())
            .purse(self.purse.clone())
            // Larger content is cut where it is read, not refused after it was paid for.
            .body_limit(u64::MAX)
            .build();
        agent.map_err(|why| Problem::new("internal", why.to_string(), Retry::Useless))
    }

    /// The operator's terms, and the caller's own limit if that is lower.
    fn narrowed(&self, arguments: &JsonObject) -> Result<Terms, Problem> {
        let said = |why: &dyn std::fmt::Display| Problem::argument(format!("max_price: {why}"));
        match arguments.get("max_price") {
            None | Some(Value::Null) => Ok(self.terms.clone()),
            Some(Value::String(text)) => {
                let price: Price = text.parse().map_err(|why| said(&why))?;
                self.terms.clone().and_up_to(price).map_err(|why| said(&why))
            }
            Some(_) => Err(said(&"must be a text like \"$0.05\"")),
        }
    }

    async fn price(&self, url: &str) -> Result<Answer, Problem> {
        let agent =
            self.agent(Looker(Arc::clone(&self.wallet)), self.terms.clone(), &self.transport)?;
        let quote = match agent.quote(url).await.map_err(|why| Problem::from(&why))? {
            Quoted::Free(response) => {
                let facts = json!({ "url": response.target().to_string(), "free": true });
                return Ok(Answer::new(facts, "it is free"));
            }
            Quoted::Priced(quote) => quote,
        };
        let denial = agent.preview(&quote).map_err(|why| Problem::from(&why))?;
        let reason = denial.map(Denial::code).or((!self.has_key()).then_some("no_key"));
        Ok(priced(&quote, reason))
    }

    fn standing(&self) -> Result<Answer, Problem> {
        let unusable = |why| Problem::from(&PayError::Ledger(why));
        let session = match &self.session {
            None => None,
            Some((id, folder)) => {
                let spent = self.ledger.spent_in(id).map_err(unusable)?;
                let grant = folder.grant(id).map_err(unusable)?;
                Some((id.as_str(), grant.map(|grant| (grant, spent))))
            }
        };
        let purchases = self.ledger.all().map_err(unusable)?;
        let (policy, now) = (&self.rules.policy, System.now());
        let facts = Standing { session, policy, purchases: &purchases, now }.facts();
        let said = facts.to_string();
        Ok(Answer::new(facts, said))
    }

    fn require_key(&self) -> Result<(), Problem> {
        if self.has_key() { Ok(()) } else { Err(Problem::no_key()) }
    }
}

/// The tools of the arguments, within those of the policy.
fn offered(args: &Mcp, rules: &Rules) -> Result<Vec<ToolName>, Failure> {
    let parse = |name: &String| {
        name.parse()
            .map_err(|why| Failure::Server(format!("the policy's mcp.tools: {name:?}: {why}")))
    };
    let allowed: Vec<ToolName> = rules.models.tools.iter().map(parse).collect::<Result<_, _>>()?;
    if !allowed.is_empty()
        && let Some(it) = args.tool.iter().find(|it| !allowed.contains(it))
    {
        return Err(Failure::AgainstPolicy(format!("the tool {}", it.word())));
    }
    for server in &rules.models.servers {
        let target = Target::parse(&server.url);
        if target.is_err() || server.name.is_empty() {
            let why = format!("the policy's mcp.servers: {:?} is no server", server.name);
            return Err(Failure::Server(why));
        }
    }
    let named = |list: &[ToolName], it: &ToolName| list.is_empty() || list.contains(it);
    let known = |it: &ToolName| !it.needs_servers() || !rules.models.servers.is_empty();
    let offered = ToolName::ALL.into_iter();
    Ok(offered.filter(|it| named(&allowed, it) && named(&args.tool, it) && known(it)).collect())
}
