"""What notebooks do and see, one cell each: run in the order given, in one kernel."""

# ruff: noqa: E501  # cells are as long as they are

from __future__ import annotations

from typing import Final

SHELL: Final = {
    "value": "1 + 1",
    "several values": "1\n'two'\nNone",
    "quiet": "5;",
    "history of results": "_, len(In), len(Out)",
    "shell class": "[kind.__name__ for kind in type(get_ipython()).__mro__][:3]",
    "history manager": "get_ipython().history_manager.enabled, get_ipython().history_manager.hist_file",
    "await": "import asyncio\nawait asyncio.sleep(0, 'waited')",
    "task begun": "task = asyncio.ensure_future(asyncio.sleep(0.01, 'done'))",
    "task ended": "await task",
    "loop": "type(asyncio.get_running_loop()).__name__",
    "line magic": "%env DAGBOOK_COMPAT",
    "capture": "%%capture seen\nprint('hidden')",
    "captured": "seen.stdout",
    "shell line": "!echo from the shell",
    "shell value": "lines = !printf 'a\\nb'\nlines",
    "bash cell": "%%bash\necho out; echo err >&2",
    "write file": "%%writefile script_of_compat.py\nprint(__name__, 1 + 1)",
    "run file": "%run script_of_compat.py",
    "own module": "import script_of_compat; script_of_compat.__name__",
    "help": "len?",
    "source": "import inspect\ndef f(x):\n    return x + 1\ninspect.getsource(f)",
    "pickle": "import pickle\nclass Own: pass\ntype(pickle.loads(pickle.dumps(Own()))).__module__",
    "main": "import sys\nm = sys.modules['__main__']\n__name__, hasattr(m, '__file__'), m.__dict__ is globals()",
    "names": "%who_ls",
    "html": "from IPython.display import HTML, display, clear_output\nHTML('<b>x</b>')",
    "display id": "h = display('first', display_id='one')\nh.update('second')",
    "clear": "print('gone')\nclear_output()\nprint('stays')",
    "clear and wait": "print('gone')\nclear_output(wait=True)\nprint('stays')",
    "comm": "from comm import create_comm\nc = create_comm(target_name='t', data={'a': 1}, comm_id='id')\nc.send({'b': 2})",
    "extension": "%load_ext autoreload\n%autoreload 2",
    "input": "input('? ')",
    "getpass": "import getpass\ngetpass.getpass()",
    "exception": "def g():\n    return 1 / 0\ng()",
    "syntax": "1 +",
    "name": "no_such_name",
    "exit code": "raise SystemExit(3)",
    "keyboard": "raise KeyboardInterrupt",
    "group": "raise ExceptionGroup('g', [ValueError(1)])",
    "pdb": "import pdb\npdb.Pdb.__name__, pdb.set_trace is pdb.Pdb.set_trace",
}

STREAMS: Final = {
    "both streams": "import sys\nprint('out')\nprint('err', file=sys.stderr)\nprint('out again')",
    "carriage return": "print('1%\\r2%\\r3%')",
    "descriptor": "import os, time\nos.write(1, b'by descriptor\\n')\ntime.sleep(0.3)",
    "C library": "import ctypes\nlibc = ctypes.CDLL(None)\nlibc.puts(b'by C')\nlibc.fflush(None)\ntime.sleep(0.3)",
    "subprocess": "import subprocess\nsubprocess.run(['echo', 'by a child'])\ntime.sleep(0.3)",
    "thread": "import threading\nt = threading.Thread(target=print, args=('by a thread',))\nt.start(); t.join()",
    "kind of stream": "type(sys.stdout).__name__, sys.stdout.encoding, sys.stdout.isatty(), sys.stdout.name",
    "real streams": "sys.__stdout__.fileno(), sys.__stderr__.encoding, sys.__stdin__.fileno()",
    "standard input": "os.readlink('/proc/self/fd/0')",
    "warning": "import warnings\nwarnings.warn('careful')",
    "log": "import logging\nlogging.warning('careful')",
    "loggers": "r = logging.getLogger()\nr.level, [type(h).__name__ for h in r.handlers], logging.raiseExceptions",
    "tornado log": "[type(h).__name__ for h in logging.getLogger('tornado').handlers]",
}

PROCESS: Final = {
    "arguments": "sys.argv[0].rsplit('/')[-1], sys.argv[1], sys.argv[3:]",
    "path": "sys.path",
    "folder": "os.getcwd()",
    "variable": "os.environ['DAGBOOK_COMPAT'], subprocess.check_output(['sh', '-c', 'echo $DAGBOOK_COMPAT'])",
    "flags": "sys.flags, sys.warnoptions, sys.dont_write_bytecode",
    "interpreter": "sys.executable, sys.prefix, sys.base_prefix",
    "session": "os.getsid(0) == os.getpid(), os.getpgrp() == os.getpid()",
    "signals": (
        "import signal\n{s.name: getattr(h, '__name__', h) for s in signal.valid_signals()"
        " if isinstance(s, signal.Signals) and not s.name.startswith('SIGRT') for h in [signal.getsignal(s)]}"
    ),
    "blocked signals": "signal.pthread_sigmask(signal.SIG_BLOCK, [])",
    "limits": "import resource\n{n: resource.getrlimit(getattr(resource, n)) for n in dir(resource) if n[:6] == 'RLIMIT'}",
    "umask": "u = os.umask(0); os.umask(u); oct(u)",
    "nice": "os.nice(0), len(os.sched_getaffinity(0))",
    "garbage": "import gc\ngc.isenabled(), gc.get_threshold()",
    "recursion": "sys.getrecursionlimit(), sys.getswitchinterval()",
    "locale": "import locale\nlocale.getlocale(), sys.getfilesystemencoding(), locale.setlocale(locale.LC_ALL)",
    "time zone": "time.tzname, time.timezone",
    "temporary folder": "import tempfile\ntempfile.gettempdir()",
    "faults": "import faulthandler\nfaulthandler.is_enabled()",
    "threads": "sorted(t.name for t in threading.enumerate())",
    "leftover children": "open(f'/proc/self/task/{os.getpid()}/children').read()",
    "zombies": "p = subprocess.Popen(['true']); p.wait()",
    "terminated": "subprocess.run([sys.executable, '-c', 'import os; os.kill(os.getpid(), 15)']).returncode",
    "seeded": "import random\nrandom.seed(1)\nrandom.random()",
    "executor": "from concurrent.futures import ThreadPoolExecutor\nlist(ThreadPoolExecutor(2).map(abs, [-1, -2]))",
    "database": "import sqlite3\nsqlite3.connect(':memory:').execute('select 1').fetchall()",
    "fork": "import multiprocessing as mp\nmp.get_context('fork').Pool(2).map(abs, [-1, -2, -3])",
    "spawn": "mp.get_context('spawn').Pool(1).map(abs, [-1, -2])",
    "start method": "mp.get_start_method()",
    "context": "import contextvars\nlen(contextvars.copy_context()) >= 0",
    "bytes of code": "sys.implementation.cache_tag, sys.pycache_prefix",
}

LIBRARIES: Final = {
    "numbers": "import numpy as np\nnp.random.seed(3)\nnp.random.rand(2)",
    "generator": "np.random.default_rng(3).random(2)",
    "matrix product": "a = np.random.default_rng(1).random((300, 300))\nfloat((a @ a).sum().round(6))",
    "product in a fork": (
        "def product(seed):\n    b = np.random.default_rng(seed).random((200, 200))\n    return float((b @ b).sum().round(6))\n"
        "mp.get_context('fork').Pool(2).map(product, [1, 2])"
    ),
    "table": "import pandas as pd\nframe = pd.DataFrame({'a': [1, 2], 'b': ['x', 'y']})\nframe",
    "options of tables": "pd.get_option('display.max_columns'), pd.get_option('display.width')",
    "parquet": "frame.to_parquet('t.parquet')\npd.read_parquet('t.parquet').equals(frame)",
    "backend": "import matplotlib\nmatplotlib.get_backend(), matplotlib.rcParams['figure.dpi']",
    "figure": "import matplotlib.pyplot as plt\nplt.plot([1, 2, 3]);",
    "two figures": "plt.figure(); plt.figure();",
    "figure of a table": "frame.a.plot();",
    "inline magic": "%matplotlib inline\nplt.isinteractive()",
    "model": "from sklearn.linear_model import LinearRegression\nLinearRegression().fit([[0], [1]], [0, 1]).predict([[2]])",
    "OpenMP": "from sklearn.cluster import KMeans\nfloat(KMeans(2, n_init=1, random_state=0).fit(a).inertia_.__round__(6))",
    "joblib": "from joblib import Parallel, delayed\nParallel(2)(delayed(abs)(i) for i in [-1, -2])",
    "joblib threads": "Parallel(2, prefer='threads')(delayed(abs)(i) for i in [-1, -2])",
    "threads of BLAS": (
        "import threadpoolctl\nsorted((p['internal_api'], p['num_threads']) for p in threadpoolctl.threadpool_info())"
    ),
    # Only now: modules set some when they are imported, which may have been long ago.
    "variables": "sorted(os.environ)",
}

CELLS: Final = {**SHELL, **STREAMS, **PROCESS, **LIBRARIES}

FRESH: Final = (
    "import os, random, uuid, numpy, secrets\n"
    "print(random.random(), numpy.random.rand(), uuid.uuid4().int, uuid.uuid1().hex[8:], secrets.token_hex(4), os.getpid())"
)
"""Prints what no two kernels may have in common."""

HASH: Final = "print(hash('a'))"
