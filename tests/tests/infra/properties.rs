//! What a property of the template is, and the proof that its check sees it break.

use serde_json::Value;

use crate::template::Template;
use crate::{caching, function, operation, rights, storage};

/// Something that the template promises.
pub(crate) struct Property {
    /// The promise.
    pub(crate) claim: &'static str,
    /// Is it kept?
    pub(crate) holds: fn(&Template) -> bool,
    /// Changes to the template, each of which alone breaks it.
    pub(crate) broken_by: &'static [Change],
}

/// One change to a template: JSON pointers and JSON.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Change {
    /// This stands there instead, or besides.
    Set(&'static str, &'static str),
    /// One element more.
    Push(&'static str, &'static str),
    /// Gone.
    Remove(&'static str),
}

use Change::{Push, Remove, Set};

impl Change {
    fn of(self, template: &Template) -> Template {
        let mut changed = template.clone();
        let json = |text: &str| serde_json::from_str::<Value>(text).expect(text);
        let (Set(pointer, _) | Push(pointer, _) | Remove(pointer)) = self;
        if let Push(pointer, element) = self {
            let list = changed.0.pointer_mut(pointer).and_then(Value::as_array_mut);
            list.unwrap_or_else(|| panic!("no list at {pointer}")).push(json(element));
            return changed;
        }
        let (parent, name) = pointer.rsplit_once('/').expect(pointer);
        let parent = changed.0.pointer_mut(parent).unwrap_or_else(|| panic!("nothing at {parent}"));
        let gone = |it: Option<Value>| assert!(it.is_some(), "{pointer} is not there to remove");
        match (self, parent) {
            (Set(_, value), Value::Object(members)) => {
                drop(members.insert(name.into(), json(value)));
            }
            (Set(_, value), Value::Array(items)) => {
                items[name.parse::<usize>().unwrap()] = json(value);
            }
            (_, Value::Object(members)) => gone(members.remove(name)),
            (_, Value::Array(items)) => gone(Some(items.remove(name.parse().unwrap()))),
            (_, other) => panic!("{pointer} is within {other}"),
        }
        changed
    }
}

fn all() -> impl Iterator<Item = &'static Property> {
    [caching::ALL, function::ALL, rights::ALL, storage::ALL, operation::ALL].into_iter().flatten()
}

#[test]
fn the_template_keeps_every_promise() {
    let template = Template::merchant();
    let broken: Vec<_> = all().filter(|it| !(it.holds)(&template)).map(|it| it.claim).collect();
    assert_eq!(broken, Vec::<&str>::new());
}

#[test]
fn every_promise_is_missed_when_it_is_broken() {
    let template = Template::merchant();
    let mut tried = 0;
    for property in all() {
        assert!(!property.broken_by.is_empty(), "{}: how would it break?", property.claim);
        for change in property.broken_by {
            let changed = change.of(&template);
            assert_ne!(changed.0, template.0, "{}: {change:?} changes nothing", property.claim);
            assert!(!(property.holds)(&changed), "{} survives {change:?}", property.claim);
            tried += 1;
        }
    }
    assert!(tried >= 100, "only {tried} ways to break the template are tried");
}
