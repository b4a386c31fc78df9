"""The look of the figures, and one digit as an image."""

import matplotlib.pyplot as plt
import pandas as pd

INK, GREY, BLUE = "#24292f", "#8a939e", "#2f6fb3"

plt.rcParams |= {
    "figure.dpi": 110,
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#c8ced6",
    "axes.labelcolor": GREY,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "text.color": INK,
}


def draw_digit(ax: plt.Axes, image: pd.Series, title: str) -> None:
    """Draw one image of 64 values, ink on paper."""
    ax.imshow(image.to_numpy().reshape(8, 8), cmap="Greys", vmin=0, vmax=1)
    ax.set_title(title, size=9, color=INK, pad=3)
    ax.set_axis_off()
