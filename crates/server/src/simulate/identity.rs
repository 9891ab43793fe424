//! Which world a folder holds: everything that its bytes depend on, as JSON.
//!
//! A folder goes on, and is asked for again, only as the same world. Every parameter is
//! named here, so that one that is new cannot be forgotten. Threads change no byte and are
//! left out.

use seawall_sim::{Disorder, Life, Parameters, Pictures, Policy, Sweep, VERSION};
use serde_json::{Value, json};

/// The name of what is given of pictures.
const PICTURES: &str = "pictures";

/// Everything that the bytes of a world depend on, as it stands in `manifest.json`.
pub(super) fn identity(parameters: &Parameters, seed: u64) -> Value {
    let Parameters {
        name,
        start,
        days,
        accounts,
        growth_daily,
        churn_daily,
        deeds_daily,
        networks,
        actors,
        alike,
        followers_scale,
        field_days,
        throwaways,
        policy: given,
        pictures,
        disorder: Disorder { late, doubled, shuffled },
    } = parameters;
    let pictures = match pictures {
        Pictures::Ids => "ids",
        Pictures::Hashes => "hashes",
    };
    let value = json!({
        "preset": name, "version": VERSION, "seed": seed, "start": start.to_string(),
        "days": days, "accounts": accounts, "growth_daily": growth_daily,
        "churn_daily": churn_daily, "deeds_daily": deeds_daily, "networks": networks,
        "actors": actors, "alike": alike, "followers_scale": followers_scale,
        "field_days": field_days, "throwaways": throwaways, "policy": policy(given),
        PICTURES: pictures, "late": late, "doubled": doubled, "shuffled": shuffled,
    });
    // As it is read again: a number's last bit may be lost on the way to a file and back.
    serde_json::from_str(&value.to_string()).unwrap_or(value)
}

fn policy(policy: &Policy) -> Value {
    let Policy { name, life: given, outlet, sweeps, wrong_daily } = policy;
    json!({
        "name": name, "life": life(given), "outlet": life(outlet),
        "sweeps": sweeps.iter().map(sweep).collect::<Vec<_>>(), "wrong_daily": wrong_daily,
    })
}

fn life(life: &Life) -> Value {
    let Life { fast_share, fast_days, days, shape } = life;
    json!({ "fast_share": fast_share, "fast_days": fast_days, "days": days, "shape": shape })
}

fn sweep(sweep: &Sweep) -> Value {
    let Sweep { day, hour, share, lives_after, returns_after } = sweep;
    json!({
        "day": day, "hour": hour, "share": share, "lives_after": lives_after,
        "returns_after": returns_after,
    })
}

/// Whether two worlds differ in what is given of pictures, and in nothing else.
pub(super) fn is_other_pictures(world: &Value, other: &Value) -> bool {
    let mut same = other.clone();
    match (world.get(PICTURES), same.as_object_mut()) {
        (Some(pictures), Some(other)) => other.insert(PICTURES.into(), pictures.clone()),
        _ => return false,
    };
    same == *world && world != other
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_world_is_the_same_after_a_file() {
        for name in Parameters::PRESETS {
            let world = identity(&Parameters::preset(name).unwrap(), u64::MAX);
            let read: Value = serde_json::from_str(&format!("{world:#}")).unwrap();
            assert_eq!(read, world);
        }
    }

    #[test]
    fn worlds_differ_by_every_parameter_and_by_pictures_alone() {
        let preset = |name| Parameters::preset(name).unwrap();
        let world = identity(&preset("weeks"), 1);
        let low = Parameters { policy: Policy::low(), ..preset("weeks") };
        let ids = Parameters { pictures: Pictures::Ids, ..preset("weeks") };
        assert_ne!(world, identity(&preset("weeks"), 2));
        for (other, is) in [(low, false), (ids, true), (preset("weeks"), false)] {
            assert_eq!(is_other_pictures(&world, &identity(&other, 1)), is, "{}", other.name);
        }
    }
}
