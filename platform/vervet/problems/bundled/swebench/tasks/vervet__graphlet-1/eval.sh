#!/bin/bash
set -uxo pipefail
source /opt/miniconda3/bin/activate
conda activate testbed
cd /testbed
git config --global --add safe.directory /testbed
cd /testbed
git status
git show
git -c core.fileMode=false diff 159314059811c4ff487435824ec409a39e9487ae
source /opt/miniconda3/bin/activate
conda activate testbed
python -m pip install -e .
git checkout 159314059811c4ff487435824ec409a39e9487ae graphlet/tests/test_order.py
git apply -v - <<'EOF_114329324912'
diff --git a/graphlet/tests/test_order.py b/graphlet/tests/test_order.py
index e6b6ada..e222be0 100644
--- a/graphlet/tests/test_order.py
+++ b/graphlet/tests/test_order.py
@@ -1,3 +1,5 @@
+import pytest
+
 from graphlet import order
 
 
@@ -5,6 +7,15 @@ def test_needs_come_first(house):
     assert order(house) == ["ground", "walls", "roof"]
 
 
+def test_what_is_only_needed_is_ordered_too():
+    assert order({"roof": ["walls"]}) == ["walls", "roof"]
+
+
+def test_a_cycle_is_named():
+    with pytest.raises(ValueError, match="b -> c -> b"):
+        order({"a": ["b"], "b": ["c"], "c": ["b"]})
+
+
 def test_nothing_to_order():
     assert order({}) == []
 

EOF_114329324912
: '>>>>> Start Test Output'
pytest -rA graphlet/tests/test_order.py
: '>>>>> End Test Output'
git checkout 159314059811c4ff487435824ec409a39e9487ae graphlet/tests/test_order.py
