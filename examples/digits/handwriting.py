"""scikit-learn's handwritten digits as a table: what the notebooks here share."""

import pandas as pd


def read_digits(rows: int = 1797, test_share: float = 0.25) -> pd.DataFrame:
    """One row a digit: `p00` … `p77` from 0 (paper) to 1 (ink), `digit`, and `split` (train or test)."""
    from sklearn.datasets import load_digits

    images, digits = load_digits(return_X_y=True)
    names = [f"p{line}{column}" for line in range(8) for column in range(8)]
    table = pd.DataFrame(images / 16, columns=names).assign(digit=digits).head(rows)
    first_of_test = round(len(table) * (1 - test_share))
    return table.assign(split=["train" if place < first_of_test else "test" for place in range(len(table))])


def pixels(table: pd.DataFrame) -> pd.DataFrame:
    """The columns that are an image."""
    return table.filter(regex=r"^p\d\d$").astype(float)
