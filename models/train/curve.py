"""Draws the log of a run: loss and PSNR over the iterations."""

import math


def draw_curve(rows, title, path):
    """Writes a PNG, or does nothing where matplotlib is not installed (it is optional)."""
    try:
        import matplotlib
    except ImportError:
        return
    matplotlib.use('Agg')
    from matplotlib import pyplot

    iterations = [row['iteration'] for row in rows]
    # The last stage's loss is minus a PSNR: the other curve tells the same, in its unit.
    losses = [math.nan if float(row['loss']) < 0 else float(row['loss']) for row in rows]
    measured = [(row['iteration'], float(row['psnr_y'])) for row in rows if row['psnr_y']]
    figure, loss_axis = pyplot.subplots(figsize=(7, 4), dpi=100, constrained_layout=True)
    loss_axis.plot(iterations, losses, color='tab:blue', linewidth=1)
    loss_axis.set(xlabel='iteration', ylabel='loss', yscale='log', title=title)
    loss_axis.yaxis.label.set_color('tab:blue')
    if measured:
        psnr_axis = loss_axis.twinx()
        psnr_axis.plot(*zip(*measured), color='tab:red', marker='o', markersize=3)
        psnr_axis.set_ylabel('held-out PSNR-Y, dB', color='tab:red')
    figure.savefig(path)
    pyplot.close(figure)
