//! The model facilitator: checks as the published ones do, submits, waits for the receipt, and says
//! so; or is slow, batches, calls things pending, or lies. And the port to it.

use std::time::Duration;

use bytes::Bytes;
use merchant::decisions::faults::FacilitatorFault;
use merchant::ports;
use wire::facilitator::FacilitatorRequest;
use wire::{Authorization, Message, SettlementResponse, TxHash, VerifyResponse};

use crate::chain::{BLOCK, Chain, Deed, amount};
use crate::mutation::Mutation;
use crate::network::{Back, Lost};
use crate::scenario::Replay;
use crate::world::{NETWORK, Sim, World};

/// The port of one merchant's process.
pub(crate) struct Facilitator(pub(crate) Sim);

/// Nothing where the answer holds no verdict.
type Answer<T> = Option<T>;

impl ports::Facilitator for Facilitator {
    async fn verify(
        &self,
        ask: &Bytes,
        limit: Duration,
    ) -> Result<VerifyResponse, FacilitatorFault> {
        let ask = ask.clone();
        let asked = self.0.with(|world| {
            let authorization = read(&ask);
            world.post(move |world, back| {
                let answer = verify(world, &authorization);
                back.send(world, answer);
            })
        });
        self.0.limited(limit, asked).await.map_err(fault)?.ok_or(FacilitatorFault::Unreadable(502))
    }

    async fn settle(
        &self,
        ask: &Bytes,
        limit: Duration,
    ) -> Result<SettlementResponse, FacilitatorFault> {
        let ask = self.0.with(|world| world.mutate_ask(ask));
        let authorization = read(&ask);
        let asked = self.0.with(|world| {
            world.settling(&authorization, &ask);
            world.post(move |world, back| settle(world, authorization, back))
        });
        let answer = self.0.limited(limit, asked).await.map_err(fault);
        self.0.with(|world| world.settled(&authorization));
        let answer = answer.and_then(|it| it.ok_or(FacilitatorFault::Unreadable(502)));
        self.0.with(|world| mutate(world, answer))
    }
}

/// Bugs at the merchant's side of the port.
fn mutate(
    world: &mut World,
    answer: Result<SettlementResponse, FacilitatorFault>,
) -> Result<SettlementResponse, FacilitatorFault> {
    let refused = |reason: &str| SettlementResponse {
        error_reason: Some(reason.into()),
        ..SettlementResponse::default()
    };
    match (world.mutation, answer) {
        (Some(Mutation::UnknownIsRefused), Err(_)) => Ok(refused("insufficient_funds")),
        (Some(Mutation::PendingIsServed), Ok(answer))
            if answer.error_reason.as_deref() == Some("settlement_pending") =>
        {
            Ok(SettlementResponse { success: true, error_reason: None, ..answer })
        }
        (Some(Mutation::RefusedIsServed), Ok(answer)) if !answer.success => {
            Ok(success(world.chain.fresh_hash(), None))
        }
        (_, answer) => answer,
    }
}

fn fault(lost: Option<Lost>) -> FacilitatorFault {
    match lost {
        Some(Lost::Unsent) => FacilitatorFault::Unreachable,
        Some(Lost::Broken) => FacilitatorFault::Broken,
        None => FacilitatorFault::TimedOut,
    }
}

fn read(ask: &Bytes) -> Authorization {
    let ask = FacilitatorRequest::from_json(ask).expect("the merchant speaks the protocol");
    let signed = ask.payment.payload.authorization;
    assert_eq!(ask.requirements.amount, signed.value, "the requirements are what was signed");
    assert_eq!(ask.requirements.pay_to.evm(), Some(signed.to), "the requirements name the payee");
    signed
}

fn verify(world: &mut World, authorization: &Authorization) -> Answer<VerifyResponse> {
    if world.troubled() && world.chance.permille(world.scenario.facilitator.garbage) {
        return None;
    }
    let refusal = refusal(world, authorization);
    world.note(|| format!("facilitator: verify {}: {refusal:?}", authorization.nonce));
    Some(VerifyResponse {
        is_valid: refusal.is_none(),
        invalid_reason: refusal.map(str::to_owned),
        payer: Some(authorization.from.to_string()),
        ..VerifyResponse::default()
    })
}

/// Why the payment would not settle now, as far as its node knows.
fn refusal(world: &World, authorization: &Authorization) -> Option<&'static str> {
    let now = Chain::time(world.chain.head);
    let used = world.chain.is_spent(authorization).map(|_| "invalid_exact_evm_nonce_already_used");
    let poor = world.chain.balance(authorization.from) < amount(authorization);
    let poor = poor.then_some("insufficient_funds");
    if !world.is_signed(authorization) {
        return Some("invalid_exact_evm_payload_signature");
    }
    if authorization.valid_before < now.after(Duration::from_secs(6)) {
        return Some("invalid_exact_evm_payload_authorization_valid_before");
    }
    if authorization.valid_after >= now {
        return Some("invalid_exact_evm_payload_authorization_valid_after");
    }
    if world.scenario.facilitator.balance_first { poor.or(used) } else { used.or(poor) }
}

fn settle(world: &mut World, authorization: Authorization, back: Back<Answer<SettlementResponse>>) {
    let manner = world.scenario.facilitator.clone();
    if world.troubled() && world.chance.permille(manner.lies) {
        let hash = lie(world);
        world.note(|| format!("facilitator: settle {}: lies {hash}", authorization.nonce));
        return answer(world, back, &authorization, success(hash, Some(&authorization)));
    }
    if world.troubled() && world.chance.permille(manner.garbage) {
        // Half of them after the fact.
        if world.chance.permille(500) && refusal(world, &authorization).is_none() {
            submit(world, authorization);
        }
        return back.send(world, None);
    }
    if let Some(refusal) = refusal(world, &authorization) {
        let replayed = refusal == "invalid_exact_evm_nonce_already_used";
        let ours = world.submitted.get(&(authorization.from, authorization.nonce)).copied();
        let mined = ours.filter(|it| world.chain.receipts.get(it) == Some(&true));
        // Where nobody can look at the chain, or the endpoints may be behind, its refusals are
        // believed: it must not give one for what it sent itself (`docs/guarantees.md`, A7).
        let blind = !world.doubt_can_end() || world.scenario.trouble > 0;
        let honest = ours.is_some() && !replayed && blind;
        let said = match (manner.replays, mined.filter(|_| replayed)) {
            _ if honest => failure("unexpected_error", ours),
            (Replay::Success, Some(hash)) => success(hash, Some(&authorization)),
            (Replay::UnexpectedError, _) if replayed => failure("unexpected_error", None),
            (Replay::Success | Replay::NonceUsed | Replay::UnexpectedError, _) => {
                failure(refusal, None)
            }
        };
        world.note(|| {
            let reason = said.error_reason.as_deref().unwrap_or("success");
            format!("facilitator: settle {}: {reason}", authorization.nonce)
        });
        return answer(world, back, &authorization, said);
    }
    let hash = match world.chain.under_way(&authorization) {
        Some(hash) if world.submitted.values().any(|it| *it == hash) => hash,
        Some(_) | None => submit(world, authorization),
    };
    world.note(|| format!("facilitator: settle {}: sent {hash}", authorization.nonce));
    if world.troubled() && world.chance.permille(manner.pending) {
        let said = failure("settlement_pending", Some(hash));
        return answer(world, back, &authorization, said);
    }
    let until = world.now() + manner.patience;
    wait(world, authorization, hash, until, back);
}

/// A success that never was: with a hash that nobody knows, or one that settled something else.
fn lie(world: &mut World) -> TxHash {
    let known: Vec<TxHash> = world.chain.receipts.keys().copied().collect();
    if known.is_empty() || world.chance.permille(500) {
        return world.chain.fresh_hash();
    }
    let which = world.chance.index(known.len());
    known[which]
}

/// Sends the payment to the chain. Others may see it on the way, and be faster.
fn submit(world: &mut World, authorization: Authorization) -> TxHash {
    let next = world.chain.head + 1;
    let block = match world.troubled() && world.chance.permille(world.scenario.dropped) {
        true if world.chance.permille(500) => u64::MAX,
        true => next + world.chance.between(3, 40),
        false => next + world.chance.below(2),
    };
    let joined = world.scenario.facilitator.batches.then(|| world.chain.join(block, authorization));
    let deed = || Deed::Transfers(vec![authorization]);
    let hash = joined.flatten().unwrap_or_else(|| world.chain.send(block, deed()));
    world.submitted.insert((authorization.from, authorization.nonce), hash);
    if world.troubled() && world.chance.permille(world.scenario.front_runs) {
        let copy = world.chain.send(next, deed());
        world.note(|| format!("somebody copies {hash} as {copy}"));
    }
    hash
}

/// Looks for the receipt after each block.
fn wait(
    world: &mut World,
    authorization: Authorization,
    hash: TxHash,
    until: u64,
    back: Back<Answer<SettlementResponse>>,
) {
    let said = match world.chain.receipts.get(&hash) {
        Some(true) => success(hash, Some(&authorization)),
        Some(false) => failure("invalid_exact_evm_transaction_failed", Some(hash)),
        None if world.now() >= until => {
            let hash = world.chance.permille(500).then_some(hash);
            failure("settle_exact_evm_transaction_confirmation_timed_out", hash)
        }
        None => {
            let next = BLOCK - world.now() % BLOCK + 5;
            world.after(next, move |world| wait(world, authorization, hash, until, back));
            return;
        }
    };
    answer(world, back, &authorization, said);
}

fn answer(
    world: &mut World,
    back: Back<Answer<SettlementResponse>>,
    authorization: &Authorization,
    said: SettlementResponse,
) {
    if said.success {
        world.told(authorization);
    }
    back.send(world, Some(said));
}

fn success(hash: TxHash, authorization: Option<&Authorization>) -> SettlementResponse {
    SettlementResponse {
        success: true,
        payer: authorization.map(|it| it.from.to_string()),
        transaction: hash.to_string(),
        network: NETWORK.into(),
        ..SettlementResponse::default()
    }
}

fn failure(reason: &str, hash: Option<TxHash>) -> SettlementResponse {
    SettlementResponse {
        error_reason: Some(reason.into()),
        transaction: hash.map(|it| it.to_string()).unwrap_or_default(),
        network: NETWORK.into(),
        ..SettlementResponse::default()
    }
}
