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
git checkout e7bc9412d496c76602c7ee456c321fb9e9daaf71 tests/test_book.py
git apply -v - <<'EOF_114329324912'
diff --git a/tests/test_book.py b/tests/test_book.py
index 01658ab..cd4e54c 100644
--- a/tests/test_book.py
+++ b/tests/test_book.py
@@ -26,6 +26,18 @@ def test_too_much_is_refused(book):
         book.transfer("cash", "bank", 1001)
 
 
+def test_what_is_refused_moves_nothing(book):
+    with pytest.raises(ValueError, match="does not hold"):
+        book.transfer("cash", "bank", 1001)
+    assert (book.balance("cash"), book.balance("bank")) == (1000, 500)
+
+
+def test_nothing_is_lost_to_an_account_that_is_not_there(book):
+    with pytest.raises(KeyError):
+        book.transfer("cash", "safe", 300)
+    assert book.total() == 1500
+
+
 def test_nothing_is_refused(book):
     with pytest.raises(ValueError, match="positive"):
         book.transfer("cash", "bank", 0)

EOF_114329324912
: '>>>>> Start Test Output'
pytest -rA tests/test_book.py
: '>>>>> End Test Output'
git checkout e7bc9412d496c76602c7ee456c321fb9e9daaf71 tests/test_book.py
