"""Made-up demand, and three ways to forecast it."""

import numpy as np
import pandas as pd

WEEK = 7


def made_up(days: int, seed: int) -> pd.DataFrame:
    """Demand for each day: growth, a season, weekdays and chance."""
    chance = np.random.default_rng(seed)
    day = np.arange(days)
    weekday = np.array([1.1, 1.0, 0.95, 1.0, 1.2, 1.4, 0.6])[day % WEEK]
    season = 1 + 0.25 * np.sin(2 * np.pi * day / 365)
    level = 200 * (1 + day / 1500)
    demand = level * season * weekday * chance.normal(1, 0.05, days)
    return pd.DataFrame({"day": pd.date_range("2024-01-01", periods=days), "demand": demand.round()})


def last(known: pd.Series, days: int) -> np.ndarray:
    """Tomorrow is like today."""
    return np.repeat(known.iloc[-1], days)


def weekday(known: pd.Series, days: int) -> np.ndarray:
    """A Monday is like the last Monday."""
    return np.resize(known.iloc[-WEEK:], days)


def averaged(known: pd.Series, days: int) -> np.ndarray:
    """Level of the last four weeks, with each weekday's share of it over the last eight."""
    recent = known.iloc[-8 * WEEK :].to_numpy().reshape(-1, WEEK)
    share = (recent / recent.mean(axis=1, keepdims=True)).mean(axis=0)
    return np.resize(share, days) * recent[-4:].mean()


WAYS = {"last": last, "weekday": weekday, "averaged": averaged}
