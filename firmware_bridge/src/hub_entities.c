/* Entities: what kinds there are, what each can be, and what each is now.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "hub_parts.h"

#include <string.h>

enum { ENTITIES_MAX = 32 };

/* ---- kinds: only those that a device uses are linked into it ---- */

struct hub_kind {
    char name[14];
    /* Whether an entity can be so or, if `commanded`, be told to be so. */
    bool (*suits)(const hub_entity *entity, const hub_value *value, bool commanded);
    /* Says more of the entity; may be NULL. */
    void (*describe)(const hub_entity *entity, hub_writer *writer);
};

static void kind_of(const hub_entity *entity, hub_kind *kind) {
    hub_from_flash(kind, entity->kind, sizeof *kind);
}

static bool is_switched(const hub_entity *entity, const hub_value *value, bool commanded) {
    (void)entity;
    (void)commanded;
    return value->type == HUB_BOOL;
}

static bool is_pressed(const hub_entity *entity, const hub_value *value, bool commanded) {
    (void)entity;
    return commanded && value->type == HUB_BOOL && value->as.boolean;
}

static bool is_seen(const hub_entity *entity, const hub_value *value, bool commanded) {
    (void)entity;
    return !commanded && value->type == HUB_BOOL;
}

static bool is_read(const hub_entity *entity, const hub_value *value, bool commanded) {
    (void)entity;
    return !commanded && value->type != HUB_BYTES;
}

static bool is_share(const hub_value *value) {
    return value->type == HUB_UINT && value->as.natural <= 100;
}

static bool is_dimmed(const hub_entity *entity, const hub_value *value, bool commanded) {
    (void)entity;
    return is_share(value) || (commanded && value->type == HUB_BOOL);
}

static bool is_covered(const hub_entity *entity, const hub_value *value, bool commanded) {
    (void)entity;
    return is_share(value) ||
           (commanded && value->type == HUB_TEXT && value->length == 4 && memcmp(value->as.text, "stop", 4) == 0);
}

/* True if the text is one of those between the commas. */
static bool is_choice(const char *choices, const char *text, size_t length) {
    while (choices != NULL && length > 0) {
        size_t size = strcspn(choices, ",");
        if (size == length && memcmp(choices, text, length) == 0) {
            return true;
        }
        choices = choices[size] == ',' ? choices + size + 1 : NULL;
    }
    return false;
}

static bool is_chosen(const hub_entity *entity, const hub_value *value, bool commanded) {
    (void)commanded;
    return value->type == HUB_TEXT && is_choice(entity->choices, value->as.text, value->length);
}

static bool is_numbered(const hub_entity *entity, const hub_value *value, bool commanded) {
    float number;
    if (value->type == HUB_FLOAT) {
        number = value->as.real;
    } else if (value->type == HUB_INT) {
        number = (float)value->as.integer;
    } else if (value->type == HUB_UINT) {
        number = (float)value->as.natural;
    } else {
        return false;
    }
    return !commanded || (number >= entity->least && number <= entity->most);
}

static bool is_nothing(const hub_entity *entity, const hub_value *value, bool commanded) {
    (void)entity;
    (void)value;
    (void)commanded;
    return false;
}

/* Limits that are whole are said so: it is shorter, and 100 reads better than 100.0. */
static void put_limit(hub_writer *writer, uint8_t key, float limit) {
    hub_value value = {HUB_FLOAT, 0, {0}};
    if (limit > -1e9f && limit < 1e9f && (float)(int32_t)limit == limit) {
        value.type = HUB_INT;
        value.as.integer = (int32_t)limit;
    } else {
        value.as.real = limit;
    }
    hub_put(writer, key, &value);
}

static void put_limits(const hub_entity *entity, hub_writer *writer) {
    put_limit(writer, 6, entity->least);
    put_limit(writer, 7, entity->most);
    put_limit(writer, 8, entity->step);
}

static const hub_kind SWITCH HUB_FLASH = {"switch", is_switched, NULL};
static const hub_kind LIGHT HUB_FLASH = {"light", is_switched, NULL};
static const hub_kind DIMMER HUB_FLASH = {"dimmer", is_dimmed, NULL};
static const hub_kind SENSOR HUB_FLASH = {"sensor", is_read, NULL};
static const hub_kind BINARY_SENSOR HUB_FLASH = {"binary_sensor", is_seen, NULL};
static const hub_kind COVER HUB_FLASH = {"cover", is_covered, NULL};
static const hub_kind NUMBER HUB_FLASH = {"number", is_numbered, put_limits};
static const hub_kind SELECT HUB_FLASH = {"select", is_chosen, NULL};
static const hub_kind BUTTON HUB_FLASH = {"button", is_pressed, NULL};
static const hub_kind EVENT HUB_FLASH = {"event", is_nothing, NULL};

/* ---- making them ---- */

static hub_entity *entity_of(hub *device, uint8_t entity) {
    if (entity >= device->count) {
        hub_fail(device, HUB_BAD_VALUE);
        return NULL;
    }
    return &device->entities[entity];
}

static hub_entity *add(hub *device, const hub_kind *kind, const char *id, const char *name) {
    if (device->count == device->room || device->count == ENTITIES_MAX) {
        hub_fail(device, HUB_NO_ROOM);
        return NULL;
    }
    if (!hub_is_id(id)) {
        hub_fail(device, HUB_BAD_ID);
        return NULL;
    }
    hub_entity *entity = &device->entities[device->count++];
    memset(entity, 0, sizeof *entity);
    entity->kind = kind;
    entity->id = id;
    entity->name = name;
    entity->flags = CHANGED;
    return entity;
}

static uint8_t added(const hub *device, const hub_entity *entity) {
    return entity == NULL ? HUB_NONE : (uint8_t)(device->count - 1);
}

static uint8_t add_classed(hub *device, const hub_kind *kind, const char *id, const char *name, const char *device_class) {
    hub_entity *entity = add(device, kind, id, name);
    if (entity != NULL) {
        entity->device_class = device_class;
    }
    return added(device, entity);
}

uint8_t hub_switch(hub *device, const char *id, const char *name) {
    return add_classed(device, &SWITCH, id, name, NULL);
}

uint8_t hub_light(hub *device, const char *id, const char *name) {
    return add_classed(device, &LIGHT, id, name, NULL);
}

uint8_t hub_dimmer(hub *device, const char *id, const char *name) {
    return add_classed(device, &DIMMER, id, name, NULL);
}

uint8_t hub_binary_sensor(hub *device, const char *id, const char *name, const char *device_class) {
    return add_classed(device, &BINARY_SENSOR, id, name, device_class);
}

uint8_t hub_cover(hub *device, const char *id, const char *name, const char *device_class) {
    return add_classed(device, &COVER, id, name, device_class);
}

uint8_t hub_sensor(hub *device, const char *id, const char *name, const char *unit, const char *device_class) {
    uint8_t index = add_classed(device, &SENSOR, id, name, device_class);
    if (index != HUB_NONE) {
        device->entities[index].unit = unit;
    }
    return index;
}

uint8_t hub_number(hub *device, const char *id, const char *name, const char *unit, float least, float most, float step) {
    hub_entity *entity = add(device, &NUMBER, id, name);
    if (entity != NULL) {
        entity->unit = unit;
        entity->least = least;
        entity->most = most;
        entity->step = step;
    }
    return added(device, entity);
}

uint8_t hub_select(hub *device, const char *id, const char *name, const char *choices) {
    hub_entity *entity = add(device, &SELECT, id, name);
    if (entity != NULL) {
        entity->choices = choices;
    }
    return added(device, entity);
}

static uint8_t add_stateless(hub *device, const hub_kind *kind, const char *id, const char *name, const char *choices) {
    hub_entity *entity = add(device, kind, id, name);
    if (entity != NULL) {
        entity->choices = choices;
        entity->flags = STATELESS;
    }
    return added(device, entity);
}

uint8_t hub_button(hub *device, const char *id, const char *name) {
    return add_stateless(device, &BUTTON, id, name, NULL);
}

uint8_t hub_event(hub *device, const char *id, const char *name, const char *events) {
    return add_stateless(device, &EVENT, id, name, events);
}

void hub_restore(hub *device, uint8_t index) {
    hub_entity *entity = entity_of(device, index);
    if (entity != NULL) {
        entity->flags |= RESTORE;
    }
}

/* ---- what is so ---- */

static bool same(const hub_value *a, const hub_value *b) {
    if (a->type != b->type || a->type == HUB_TEXT) {
        return false; /* the text at the same place may have changed */
    }
    if (a->type == HUB_BOOL) {
        return a->as.boolean == b->as.boolean;
    }
    return a->type == HUB_NIL || a->as.natural == b->as.natural;
}

static void set(hub *device, uint8_t index, const hub_value *value) {
    hub_entity *entity = entity_of(device, index);
    hub_kind kind;
    if (entity == NULL) {
        return;
    }
    kind_of(entity, &kind);
    if (value->type == HUB_NIL ? (entity->flags & STATELESS) != 0 : !kind.suits(entity, value, false)) {
        hub_fail(device, HUB_BAD_VALUE);
        return;
    }
    if (same(&entity->value, value)) {
        return;
    }
    entity->value = *value;
    entity->flags = (uint8_t)((entity->flags | CHANGED) & ~IN_FLIGHT);
    device->stale = true;
}

void hub_set_bool(hub *device, uint8_t entity, bool boolean) {
    hub_value value = {HUB_BOOL, 0, {0}};
    value.as.boolean = boolean;
    set(device, entity, &value);
}

void hub_set_int(hub *device, uint8_t entity, int32_t integer) {
    hub_value value = {HUB_UINT, 0, {0}};
    value.type = integer < 0 ? HUB_INT : HUB_UINT;
    value.as.integer = integer;
    set(device, entity, &value);
}

void hub_set_float(hub *device, uint8_t entity, float real) {
    hub_value value = {HUB_FLOAT, 0, {0}};
    value.as.real = real;
    if (!hub_is_finite(&value)) {
        value.type = HUB_NIL;
    }
    set(device, entity, &value);
}

void hub_set_text(hub *device, uint8_t entity, const char *text) {
    hub_value value = {HUB_TEXT, 0, {0}};
    size_t length = strlen(text);
    if (length > UINT8_MAX) {
        hub_fail(device, HUB_TOO_LONG);
        return;
    }
    value.length = (uint8_t)length;
    value.as.text = text;
    set(device, entity, &value);
}

void hub_set_unknown(hub *device, uint8_t entity) {
    hub_value value = {HUB_NIL, 0, {0}};
    set(device, entity, &value);
}

bool hub_fire(hub *device, uint8_t entity, const char *what) {
    if (entity >= device->count || device->entities[entity].kind != &EVENT ||
        !is_choice(device->entities[entity].choices, what, strlen(what))) {
        hub_fail(device, HUB_BAD_VALUE);
        return false;
    }
    if (device->waiting == HUB_EVENTS) {
        hub_fail(device, HUB_BUSY);
        hub_log(device, HUB_LOG_WARNING, "an event was lost");
        return false;
    }
    device->events[device->waiting].entity = entity;
    device->events[device->waiting].what = what;
    device->events[device->waiting].number = device->event_number++;
    device->waiting++;
    return true;
}

/* ---- what is said of them ---- */

bool hub_takes(const hub *device, uint32_t index, const hub_value *value) {
    hub_kind kind;
    if (index >= device->count) {
        return false;
    }
    kind_of(&device->entities[index], &kind);
    return kind.suits(&device->entities[index], value, true);
}

void hub_describe(const hub *device, uint8_t index, hub_writer *writer) {
    const hub_entity *entity = &device->entities[index];
    hub_kind kind;
    kind_of(entity, &kind);
    hub_put_uint(writer, 0, index);
    hub_put_text(writer, 1, kind.name);
    hub_put_text(writer, 2, entity->id);
    hub_put_text_if(writer, 3, entity->name);
    hub_put_text_if(writer, 4, entity->unit);
    hub_put_text_if(writer, 5, entity->device_class);
    if (kind.describe != NULL) {
        kind.describe(entity, writer);
    }
    if ((entity->flags & RESTORE) != 0) {
        hub_value value = {HUB_BOOL, 0, {0}};
        value.as.boolean = true;
        hub_put(writer, 9, &value);
    }
    hub_put_text_if(writer, 10, entity->choices);
}

void hub_put_states(hub *device, hub_writer *writer) {
    for (uint8_t index = 0; index < device->count; index++) {
        hub_entity *entity = &device->entities[index];
        entity->flags &= (uint8_t)~IN_FLIGHT;
        if ((entity->flags & CHANGED) == 0) {
            continue;
        }
        if (hub_put_if_room(writer, index, &entity->value)) {
            entity->flags |= IN_FLIGHT;
        } else if (writer->entries == 0) {
            entity->flags &= (uint8_t)~CHANGED; /* one value alone is longer than a frame */
            hub_fail(device, HUB_TOO_LONG);
        }
    }
    device->stale = false;
}

bool hub_is_changed(const hub *device) {
    for (uint8_t index = 0; index < device->count; index++) {
        if ((device->entities[index].flags & CHANGED) != 0) {
            return true;
        }
    }
    return false;
}

void hub_states_kept(hub *device) {
    for (uint8_t index = 0; index < device->count; index++) {
        hub_entity *entity = &device->entities[index];
        if ((entity->flags & IN_FLIGHT) != 0) {
            entity->flags &= (uint8_t)~(CHANGED | IN_FLIGHT);
        }
    }
}

void hub_all_changed(hub *device) {
    for (uint8_t index = 0; index < device->count; index++) {
        hub_entity *entity = &device->entities[index];
        if ((entity->flags & STATELESS) == 0) {
            entity->flags = (uint8_t)((entity->flags | CHANGED) & ~IN_FLIGHT);
        }
    }
}
