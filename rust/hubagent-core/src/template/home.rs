//! What templates may ask of the home: states, attributes, and the time.
//!
//! The engine's functions cannot borrow the store. They answer from what is known so far and note
//! what was asked in vain; the answers are then fetched and the template is rendered again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use minijinja::value::{Object, Value as Dynamic};
use minijinja::{Environment, Error, State};

use super::{TemplateContext, dynamic, python, refuse};
use crate::value::Value;

/// Variable under which the functions find the home; no template can write it.
pub(super) const NAME: &str = " home";

/// An entity, and the attribute asked for (none: its state).
type Question = (String, Option<String>);

#[derive(Debug)]
pub(super) struct Home {
    pub(super) now_s: f64,
    pub(super) utc_offset_s: i32,
    asked: Mutex<Asked>,
}

#[derive(Debug, Default)]
struct Asked {
    known: HashMap<Question, Option<Dynamic>>,
    open: Vec<Question>,
}

impl Home {
    pub(super) fn new(now_s: f64, utc_offset_s: i32) -> Self {
        Self {
            now_s,
            utc_offset_s,
            asked: Mutex::default(),
        }
    }

    /// Answers what was asked in vain; says whether anything was.
    pub(super) fn answer(&self, context: &dyn TemplateContext) -> bool {
        let mut asked = self.asked();
        let open = std::mem::take(&mut asked.open);
        for (entity_id, attribute) in &open {
            let answer = context.look_up(entity_id, attribute.as_deref());
            let answer = answer.map(|value| match (&value, attribute) {
                // States are words to a template, as they are in Home Assistant.
                (Value::Null, None) => Dynamic::from("unknown"),
                (_, None) => Dynamic::from(value.to_string()),
                _ => dynamic(&value),
            });
            asked
                .known
                .insert((entity_id.clone(), attribute.clone()), answer);
        }
        !open.is_empty()
    }

    fn ask(&self, entity_id: &str, attribute: Option<&str>) -> Option<Dynamic> {
        let question = (entity_id.to_owned(), attribute.map(str::to_owned));
        let mut asked = self.asked();
        if let Some(answer) = asked.known.get(&question) {
            return answer.clone();
        }
        asked.open.push(question);
        None
    }

    fn asked(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Object for Home {}

/// `this`: the entity that the template belongs to.
#[derive(Debug)]
struct This {
    entity_id: String,
    home: Arc<Home>,
}

/// `this.attributes`.
#[derive(Debug)]
struct Attributes(Arc<This>);

impl Object for This {
    fn get_value(self: &Arc<Self>, key: &Dynamic) -> Option<Dynamic> {
        match key.as_str()? {
            "entity_id" => Some(Dynamic::from(&*self.entity_id)),
            "state" => self.home.ask(&self.entity_id, None),
            "attributes" => Some(Dynamic::from_object(Attributes(Arc::clone(self)))),
            _ => None,
        }
    }
}

impl Object for Attributes {
    fn get_value(self: &Arc<Self>, key: &Dynamic) -> Option<Dynamic> {
        self.0.home.ask(&self.0.entity_id, Some(key.as_str()?))
    }
}

pub(super) fn this(entity_id: &str, home: &Arc<Home>) -> Dynamic {
    Dynamic::from_object(This {
        entity_id: entity_id.to_owned(),
        home: Arc::clone(home),
    })
}

/// Finds the home in the variables of the running template.
pub(super) fn of(state: &State) -> Result<Arc<Home>, Error> {
    state
        .lookup(NAME)
        .and_then(|value| value.downcast_object::<Home>())
        .ok_or_else(|| refuse("no home to ask"))
}

pub(super) fn register(environment: &mut Environment<'static>) {
    environment.add_function("states", states);
    environment.add_filter("states", states);
    environment.add_function("is_state", |state: &State, id: &str, wanted: &Dynamic| {
        let word = states(state, id)?;
        let meets = |wanted: &Dynamic| python::text(wanted) == python::text(&word);
        Ok::<_, Error>(match wanted.as_str() {
            None => wanted.try_iter()?.any(|wanted| meets(&wanted)),
            Some(_) => meets(wanted),
        })
    });
    environment.add_function("state_attr", |state: &State, id: &str, attribute: &str| {
        let answer = of(state)?.ask(id, Some(attribute));
        Ok::<_, Error>(answer.unwrap_or_else(|| Dynamic::from(())))
    });
}

fn states(state: &State, entity_id: &str) -> Result<Dynamic, Error> {
    let answer = of(state)?.ask(entity_id, None);
    Ok(answer.unwrap_or_else(|| Dynamic::from("unknown")))
}
