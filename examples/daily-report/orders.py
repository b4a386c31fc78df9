"""Made-up orders of five shops, by hour. On 14 February 2026 a card reader breaks at noon."""

from datetime import date, timedelta

import numpy as np
import pandas as pd

SHOPS = {"Harbour": 9, "Market": 14, "Station": 22, "Old town": 7, "Online": 30}
BROKEN = ("Harbour", date(2026, 2, 14), 12)


def made_up(day: date) -> pd.DataFrame:
    """Orders of `day` and of the 28 days before, a row for each shop, day and hour from 8 to 19."""
    rows = []
    for back in range(28, -1, -1):
        when = day - timedelta(days=back)
        chance = np.random.default_rng(when.toordinal())  # the same day is the same, whoever asks
        for shop, usual in SHOPS.items():
            for hour in range(8, 20):
                broken = shop == BROKEN[0] and when == BROKEN[1] and hour >= BROKEN[2]
                rows.append((shop, str(when), hour, 0 if broken else int(chance.poisson(usual))))
    return pd.DataFrame(rows, columns=["shop", "day", "hour", "orders"])
