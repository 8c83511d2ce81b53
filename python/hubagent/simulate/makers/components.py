"""Home Assistant's MQTT components by name, and the abbreviations small makers send."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.simulate.makers import comfort, light_wire, openings, others, power

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hubagent.simulate.devices.base import SimulatedDevice
    from hubagent.simulate.makers.wire import Component

COMPONENTS: Mapping[str, Callable[[SimulatedDevice], Component]] = {
    "alarm_control_panel": openings.alarm_control_panel,
    "binary_sensor": others.binary_sensor,
    "button": others.button,
    "climate": comfort.climate,
    "cover": openings.cover,
    "device_tracker": others.device_tracker,
    "event": others.event,
    "fan": power.fan,
    "humidifier": comfort.humidifier,
    "lawn_mower": others.lawn_mower,
    "light": light_wire.light,
    "lock": openings.lock,
    "notify": others.notify,
    "number": others.number_,
    "scene": others.scene,
    "select": others.select,
    "sensor": others.sensor,
    "siren": power.siren,
    "switch": power.switch,
    "text": others.text,
    "update": others.update,
    "vacuum": others.vacuum,
    "valve": openings.valve,
    "water_heater": comfort.water_heater,
}
"""Domains that Home Assistant's MQTT discovery can announce."""

ABBREVIATIONS: Mapping[str, str] = {
    "action_template": "act_tpl",
    "action_topic": "act_t",
    "availability": "avty",
    "availability_mode": "avty_mode",
    "available_tones": "av_tones",
    "brightness_scale": "bri_scl",
    "command_template": "cmd_tpl",
    "command_topic": "cmd_t",
    "current_temperature_template": "curr_temp_tpl",
    "current_temperature_topic": "curr_temp_t",
    "default_entity_id": "def_ent_id",
    "device": "dev",
    "device_class": "dev_cla",
    "direction_command_topic": "dir_cmd_t",
    "direction_state_topic": "dir_stat_t",
    "effect_list": "fx_list",
    "entity_category": "ent_cat",
    "event_types": "evt_typ",
    "fan_mode_command_topic": "fan_mode_cmd_t",
    "fan_mode_state_template": "fan_mode_stat_tpl",
    "fan_mode_state_topic": "fan_mode_stat_t",
    "fan_speed_list": "fanspd_lst",
    "max_humidity": "max_hum",
    "max_mireds": "max_mirs",
    "min_humidity": "min_hum",
    "min_mireds": "min_mirs",
    "mode_command_topic": "mode_cmd_t",
    "mode_state_template": "mode_stat_tpl",
    "mode_state_topic": "mode_stat_t",
    "options": "ops",
    "origin": "o",
    "oscillation_command_topic": "osc_cmd_t",
    "oscillation_state_topic": "osc_stat_t",
    "oscillation_value_template": "osc_val_tpl",
    "payload_available": "pl_avail",
    "payload_not_available": "pl_not_avail",
    "payload_open": "pl_open",
    "percentage_command_topic": "pct_cmd_t",
    "percentage_state_topic": "pct_stat_t",
    "percentage_value_template": "pct_val_tpl",
    "position_template": "pos_tpl",
    "position_topic": "pos_t",
    "set_fan_speed_topic": "set_fan_spd_t",
    "set_position_topic": "set_pos_t",
    "state_class": "stat_cla",
    "state_topic": "stat_t",
    "state_value_template": "stat_val_tpl",
    "supported_color_modes": "sup_clrm",
    "supported_features": "sup_feat",
    "temperature_command_topic": "temp_cmd_t",
    "temperature_state_template": "temp_stat_tpl",
    "temperature_state_topic": "temp_stat_t",
    "temperature_unit": "temp_unit",
    "tilt_command_topic": "tilt_cmd_t",
    "tilt_status_template": "tilt_status_tpl",
    "unique_id": "uniq_id",
    "unit_of_measurement": "unit_of_meas",
    "value_template": "val_tpl",
}
"""Long keys to short ones, as far as these makers use them."""

DEVICE_ABBREVIATIONS: Mapping[str, str] = {
    "identifiers": "ids",
    "manufacturer": "mf",
    "model": "mdl",
    "suggested_area": "sa",
    "sw_version": "sw",
}
