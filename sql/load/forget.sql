-- A new reading again begins, or all is proven: what was served before need not be known.
DELETE FROM served_again WHERE organization_id = $organization_id;
