# A wrapper as people write them in Python: what it has open is closed in its children.
import subprocess
import sys

leaves, script, *parameters = sys.argv[1:]
subprocess.Popen(['sleep', leaves], start_new_session=True)
sys.exit(subprocess.call(['bash', script, *parameters]) & 0xFF)
