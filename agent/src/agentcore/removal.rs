//! Takes a set-up down, the last thing made first. What is gone already counts as removed, so it can
//! be repeated until everything is.

use std::time::Duration;

use super::account::{Account, Keep};
use super::control::Control;
use super::outcome::{SetupError, Step};
use super::payments::Payments;
use super::setup::is_missing;
use crate::aws::CallError;
use crate::world::Clock;

/// How long Amazon may take to delete one thing.
const GONE_MAX: Duration = Duration::from_mins(5);

/// Between two looks.
const LOOK: Duration = Duration::from_secs(3);

/// One removal.
pub struct Removal<'a, K, W> {
    /// The service that sets up.
    pub control: &'a Control,
    /// The service that pays, where there is a manager.
    pub payments: Option<Payments>,
    /// Where the account is kept.
    pub keep: &'a K,
    /// Time.
    pub world: &'a W,
    /// Who is told what is gone.
    pub told: &'a dyn Fn(&Step),
}

/// It is gone, now or before.
fn gone<T>(what: &'static str, answer: Result<T, CallError>) -> Result<(), SetupError> {
    match answer {
        Ok(_) => Ok(()),
        Err(why) if is_missing(&why) => Ok(()),
        Err(why) => Err(SetupError::Call(what, why)),
    }
}

impl<K: Keep, W: Clock> Removal<'_, K, W> {
    /// Removes session, instrument, connector, manager and credential provider, and forgets the
    /// account. Safe to repeat.
    pub async fn run(&self, account: &mut Account) -> Result<(), SetupError> {
        let now = || self.world.now();
        // A creation that may have happened has no id yet; what it made is found by its name, or
        // ends with its manager.
        account.pending = None;
        if let (Some(payments), Some(id)) = (&self.payments, account.session.clone()) {
            gone("session", payments.delete_session(&id, now()).await)?;
            account.session = None;
            self.removed(account, "session", &id)?;
        }
        let pair = account.connector.clone().zip(account.instrument.clone());
        if let (Some(payments), Some((connector, id))) = (&self.payments, pair) {
            gone("instrument", payments.delete_instrument(&connector, &id, now()).await)?;
            (account.instrument, account.address) = (None, None);
            self.removed(account, "instrument", &id)?;
        }
        let call = |what| move |why| SetupError::Call(what, why);
        if account.manager.is_none() {
            let there = self.control.find_manager(&account.name, now()).await;
            account.manager = there.map_err(call("manager"))?;
        }
        if let Some(manager) = account.manager.clone() {
            self.connector(account, &manager.id).await?;
            gone("manager", self.control.delete_manager(&manager.id, now()).await)?;
            self.until_gone("manager", async || {
                self.control.manager_status(&manager.id, self.world.now()).await
            })
            .await?;
            account.manager = None;
            self.removed(account, "manager", &manager.id)?;
        }
        gone("credential provider", self.control.delete_provider(&account.name, now()).await)?;
        if let Some(arn) = account.provider_arn.take() {
            self.removed(account, "credential provider", &arn)?;
        }
        self.keep.forget().map_err(SetupError::Keep)
    }

    async fn connector(&self, account: &mut Account, manager: &str) -> Result<(), SetupError> {
        let what = "connector";
        let found = match account.connector.clone() {
            Some(id) => Some(id),
            None => {
                match self.control.find_connector(manager, &account.name, self.world.now()).await {
                    Ok(found) => found,
                    Err(why) if is_missing(&why) => None,
                    Err(why) => return Err(SetupError::Call(what, why)),
                }
            }
        };
        let Some(id) = found else { return Ok(()) };
        gone(what, self.control.delete_connector(manager, &id, self.world.now()).await)?;
        self.until_gone(what, async || {
            let it = self.control.connector(manager, &id, self.world.now()).await;
            it.map(|it| it.status)
        })
        .await?;
        account.connector = None;
        self.removed(account, what, &id)
    }

    /// Looks until the thing is not there any more.
    async fn until_gone(
        &self,
        what: &'static str,
        look: impl AsyncFn() -> Result<String, CallError>,
    ) -> Result<(), SetupError> {
        let until = self.world.now().after(GONE_MAX);
        loop {
            match look().await {
                Ok(status) if status == "DELETE_FAILED" => {
                    return Err(SetupError::Failed(what, status));
                }
                Ok(_) if self.world.now() >= until => return Err(SetupError::TooSlow(what)),
                Ok(_) => self.world.sleep(LOOK).await,
                Err(why) => return gone::<()>(what, Err(why)),
            }
        }
    }

    fn removed(&self, account: &Account, what: &'static str, id: &str) -> Result<(), SetupError> {
        self.keep.keep(account).map_err(SetupError::Keep)?;
        (self.told)(&Step { what, id: id.to_owned(), made: false });
        Ok(())
    }
}
