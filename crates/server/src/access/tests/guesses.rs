//! Who guesses at passwords waits, and learns nothing. Left out: API keys.

use std::sync::Barrier;

use super::*;

#[test]
fn a_login_that_nobody_has_costs_the_same_hash() {
    let (stage, amal) = Stage::with("amal", &[]);
    stage.door().add_person(&newcomer("invited", &[]), at(0)).unwrap();
    let cost = |login: &str, password: &str| {
        let before = stage.door().passwords().hashed();
        let address = format!("198.51.100.{}", before % 250).parse().unwrap();
        let message = stage.door().login(login, password, address, at(2)).unwrap_err().to_string();
        (stage.door().passwords().hashed() - before, message)
    };
    let wrong = cost("amal", OTHER);
    assert_eq!(wrong, (1, WRONG.to_owned()));
    for login in ["nobody", "invited", "", "NO SUCH LOGIN", "a'; --"] {
        assert_eq!(cost(login, PASSWORD), wrong, "{login}");
    }
    let too_long = "x".repeat(300);
    assert_eq!(cost("amal", &too_long), cost("nobody", &too_long));
    let off = PersonChange { standing: Some(Standing::Disabled), ..PersonChange::default() };
    stage.door().change_person(amal.number, amal.version, &off, at(2)).unwrap();
    assert_eq!(cost("amal", OTHER), wrong);
}

#[track_caller]
fn waits(result: Result<SessionGiven, AccessError>) -> u32 {
    match result {
        Err(AccessError::Wait { retry_after_s }) => retry_after_s,
        other => panic!("{other:?}"),
    }
}

#[test]
fn after_five_failures_everybody_waits_also_after_a_restart() {
    for login in ["amal", "nobody"] {
        let (mut stage, _) = Stage::with("amal", &[]);
        let from = |n: u8| IpAddr::from([198, 51, 100, n]);
        for n in 0..5 {
            refused(stage.door().login(login, OTHER, from(n), at(10)), WRONG);
        }
        let hashed = stage.door().passwords().hashed();
        assert_eq!(waits(stage.door().login(login, PASSWORD, from(9), at(10))), 10);
        assert_eq!(stage.door().passwords().hashed(), hashed);
        stage.open(2);
        assert_eq!(waits(stage.door().login(login, PASSWORD, from(9), at(19))), 1);
        refused(stage.door().login(login, OTHER, from(9), at(20)), WRONG);
        assert_eq!(waits(stage.door().login(login, PASSWORD, from(9), at(20))), 20);
        for failure in 0..8 {
            let _ = stage.door().login(
                login,
                OTHER,
                from(20 + failure),
                at(2000 + 1000 * i64::from(failure)),
            );
        }
        assert_eq!(waits(stage.door().login(login, OTHER, from(99), at(9000))), 900);
        let right = stage.door().login(login, PASSWORD, from(99), at(9900));
        assert_eq!(right.is_ok(), login == "amal");
        if right.is_ok() {
            // Being right begins anew.
            refused(stage.door().login(login, OTHER, from(98), at(9901)), WRONG);
            refused(stage.door().login(login, OTHER, from(97), at(9901)), WRONG);
        }
    }
}

#[test]
fn strangers_cannot_lock_a_person_out_of_where_they_work() {
    let (stage, _) = Stage::with("amal", &[]);
    stage.login("amal", at(2)).unwrap();
    for n in 0..9 {
        let _ = stage.door().login("amal", OTHER, IpAddr::from([198, 51, 100, n]), at(3));
    }
    let elsewhere = IpAddr::from([203, 0, 113, 1]);
    assert_eq!(waits(stage.door().login("amal", PASSWORD, elsewhere, at(4))), 9);
    assert!(stage.login("amal", at(4)).is_ok());
    // There, too, one may guess five times only.
    for _ in 0..5 {
        refused(stage.door().login("amal", OTHER, home(), at(5)), WRONG);
    }
    assert_eq!(waits(stage.login("amal", at(5))), 10);
}

#[test]
fn an_address_that_guesses_at_many_logins_waits() {
    let (stage, _) = Stage::with("amal", &[]);
    let six = |last: u16| IpAddr::from([0x2001, 0xdb8, 1, 2, 3, 4, 5, last]);
    for n in 0..5 {
        // One right login does not buy more guesses, nor do addresses of the same network.
        refused(stage.door().login(&format!("guess-{n}"), OTHER, six(n), at(2)), WRONG);
        if n < 4 {
            stage.door().login("amal", PASSWORD, six(9), at(2)).unwrap();
        }
    }
    assert_eq!(waits(stage.door().login("amal", PASSWORD, six(77), at(2))), 10);
    assert!(stage.login("amal", at(2)).is_ok());
    // Written in six bytes' clothes, an address of four is the same.
    for n in 0..5 {
        let _ = stage.door().login(
            &format!("other-{n}"),
            OTHER,
            IpAddr::from([198, 51, 100, 1]),
            at(2),
        );
    }
    let mapped: IpAddr = "::ffff:198.51.100.1".parse().unwrap();
    assert_eq!(waits(stage.door().login("amal", PASSWORD, mapped, at(2))), 10);
}

#[test]
fn many_guesses_at_once_are_not_worth_more() {
    let (stage, _) = Stage::with("amal", &[]);
    let before = stage.door().passwords().hashed();
    let barrier = Barrier::new(16);
    std::thread::scope(|scope| {
        for n in 0..16 {
            let (stage, barrier) = (&stage, &barrier);
            scope.spawn(move || {
                barrier.wait();
                let _ = stage.door().login("amal", OTHER, IpAddr::from([198, 51, 100, n]), at(2));
            });
        }
    });
    assert_eq!(stage.door().passwords().hashed() - before, 5);
}

#[test]
fn a_password_counts_as_entered_for_ten_minutes() {
    let (stage, _) = Stage::with("amal", &[Role::Reviewer]);
    let given = stage.login("amal", at(0)).unwrap();
    let grave =
        |now| permits(&stage.door().session(&given.token, now).unwrap(), Operation::CasesRuleGrave);
    assert_eq!(grave(at(600).plus_micros(-1)), Ok(()));
    assert_eq!(grave(at(600)), Err(Denied::StepUp(Operation::CasesRuleGrave)));
    let step_up = |password, now| stage.door().step_up(&given.token, password, now);
    refused(step_up(OTHER, at(700)), WRONG);
    assert!(grave(at(700)).is_err());
    assert_eq!(step_up(PASSWORD, at(700)).unwrap(), at(1300));
    assert_eq!(grave(at(1300).plus_micros(-1)), Ok(()));
    assert!(grave(at(1300)).is_err());
    for _ in 0..5 {
        refused(step_up(OTHER, at(1400)), WRONG);
    }
    refused(step_up(PASSWORD, at(1400)), "try again in 10 s");
}
