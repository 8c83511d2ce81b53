//! What a template may ask of the home.

use crate::store::STATE;
use crate::template::TemplateContext;
use crate::value::Value;
use crate::view::Picture;

/// The home at the time of a message.
pub(super) struct Home<'a> {
    picture: &'a Picture,
    now_s: f64,
    utc_offset_s: i32,
}

impl<'a> Home<'a> {
    pub(super) fn new(picture: &'a Picture, now_s: f64, utc_offset_s: i32) -> Self {
        Self {
            picture,
            now_s,
            utc_offset_s,
        }
    }
}

impl TemplateContext for Home<'_> {
    fn now_s(&self) -> f64 {
        self.now_s
    }

    fn utc_offset_s(&self) -> i32 {
        self.utc_offset_s
    }

    fn identity(&self, entity: u32) -> Option<(&str, &str)> {
        let entity = &self.picture.registry.get(entity)?.entity;
        Some((&entity.entity_id, &entity.name))
    }

    fn look_up(&self, entity_id: &str, attribute: Option<&str>) -> Option<Value> {
        let (_, state) = self.picture.find(entity_id)?;
        state.get(attribute.unwrap_or(STATE)).cloned()
    }
}
