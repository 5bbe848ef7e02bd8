#!/bin/bash
set -uxo pipefail
source /opt/miniconda3/bin/activate
conda activate testbed
cd /testbed
git config --global --add safe.directory /testbed
cd /testbed
git status
git show
git -c core.fileMode=false diff e7bc9412d496c76602c7ee456c321fb9e9daaf71
source /opt/miniconda3/bin/activate
conda activate testbed
python -m pip install -e .
git checkout e7bc9412d496c76602c7ee456c321fb9e9daaf71 tests/test_money.py
git apply -v - <<'EOF_114329324912'
diff --git a/tests/test_money.py b/tests/test_money.py
index 303bc41..460d933 100644
--- a/tests/test_money.py
+++ b/tests/test_money.py
@@ -25,6 +25,19 @@ def test_equal_shares():
     assert split(900, 3) == [300, 300, 300]
 
 
+def test_no_cent_is_lost():
+    assert sum(split(100, 3)) == 100
+
+
+def test_the_first_shares_are_a_cent_larger():
+    assert split(200, 6) == [34, 34, 33, 33, 33, 33]
+
+
+def test_a_refund_is_split_as_fairly():
+    shares = split(-100, 3)
+    assert (sum(shares), max(shares) - min(shares)) == (-100, 1)
+
+
 def test_no_shares_are_refused():
     with pytest.raises(ValueError, match="0 shares"):
         split(900, 0)

EOF_114329324912
: '>>>>> Start Test Output'
pytest -rA tests/test_money.py
: '>>>>> End Test Output'
git checkout e7bc9412d496c76602c7ee456c321fb9e9daaf71 tests/test_money.py
