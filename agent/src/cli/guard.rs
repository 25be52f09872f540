//! The guard of one command, from its arguments and what the policy adds.

use agent::decisions::guard::Guard;

use super::args::GuardArgs;
use super::exit::Failure;

/// Public addresses only, and what the arguments and these hosts of the policy allow.
pub(crate) fn of(args: &GuardArgs, hosts: &[String]) -> Result<Guard, Failure> {
    let guard = args.allow_port.iter().fold(Guard::new(), |guard, port| guard.on_port(*port));
    args.allow_private.iter().chain(hosts).try_fold(guard, |guard, host| {
        guard.allowing(host).map_err(|_| Failure::Host(host.clone()))
    })
}
