PRAGMA user_version = 1;
PRAGMA application_id = 1802265954;
BEGIN TRANSACTION;
CREATE TABLE attempts (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, study INTEGER NOT NULL, trial TEXT NOT NULL, state TEXT NOT NULL,
  reason TEXT NOT NULL DEFAULT '', message TEXT NOT NULL DEFAULT '', validation TEXT, test TEXT, history TEXT,
  epochs INTEGER, examples INTEGER, seconds REAL, versions TEXT, started TEXT NOT NULL, finished TEXT,
  FOREIGN KEY (study, trial) REFERENCES trials ON DELETE CASCADE
);
INSERT INTO "attempts" VALUES(1,1,'c2280eaa4984542a70463f8761e9e014fb5e389dbabc9197acc93f1fd2af05a0','ok','','replayed from t.csv','{"loss":1.0041810630738088}',NULL,'[]',0,0,3.36873799969907850027e-02,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T14:13:44.156+00:00','2026-11-29T14:13:44.201+00:00');
INSERT INTO "attempts" VALUES(2,1,'cfa675b1e637be121b5e204a62c90a981d81a50c102f099234848a4222d4f63f','ok','','replayed from t.csv','{"loss":1.0041810630738088}',NULL,'[]',0,0,1.25354459960362873971e-02,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T14:13:44.218+00:00','2026-11-29T14:13:44.238+00:00');
INSERT INTO "attempts" VALUES(3,1,'e67ac851ac30490a8fbc4ee6d44e2e48a0a200ca88b0a8cc907cdf1bb091176f','ok','','replayed from t.csv','{"loss":1.0081810630738088}','{"loss":1.0181810630738088}','[]',0,0,6.35738699929788708686e-03,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T14:13:44.254+00:00','2026-11-29T14:13:44.268+00:00');
INSERT INTO "attempts" VALUES(4,1,'8396687981e3d414ca0cfe84f831e14c65bb92aceb09abaed7722715e390e748','ok','','replayed from t.csv','{"loss":1.0121810630738088}','{"loss":1.0221810630738088}','[]',0,0,1.10030189971439540386e-02,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T14:13:44.270+00:00','2026-11-29T14:13:44.282+00:00');
INSERT INTO "attempts" VALUES(5,1,'680b7c6b3739e7a1868e3348dc4f6f19003d69e4c1a0d87c0805dd4e9194d4e4','ok','','replayed from t.csv','{"loss":0.7613205195495685}',NULL,'[]',0,0,7.66968500101938843727e-03,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T14:13:44.284+00:00','2026-11-29T14:13:44.297+00:00');
INSERT INTO "attempts" VALUES(6,1,'4891eeb9c4e6b4b344963e676bbbe1f245d70c29db2bfc7139317bc21dd4077c','ok','','replayed from t.csv','{"loss":0.8513205195495684}',NULL,'[]',0,0,1.24900279988651163876e-02,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T14:13:44.302+00:00','2026-11-29T14:13:44.318+00:00');
INSERT INTO "attempts" VALUES(7,1,'9836c83fd2aca27099d3dd6ced3df18a0cc76a6a35ef848296f20ab6c23aa914','ok','','replayed from t.csv','{"loss":0.7653205195495685}','{"loss":0.7753205195495685}','[]',0,0,9.53158400079701095819e-03,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T14:13:44.323+00:00','2026-11-29T14:13:44.338+00:00');
INSERT INTO "attempts" VALUES(8,1,'f1b70152df071346c6f9e57a9b9b1e87777176e39522d7c9547c897694112fc2','ok','','replayed from t.csv','{"loss":0.7693205195495685}','{"loss":0.7793205195495685}','[]',0,0,2.52002650013309903442e-02,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T14:13:44.343+00:00','2026-11-29T14:13:44.370+00:00');
INSERT INTO "attempts" VALUES(9,1,'d122aa804d426730dd8fb0612eaa1db99223e454d4983f5d22139755b129d277','ok','','replayed from t.csv','{"loss":0.7271591767636877}',NULL,'[]',0,0,4.07689479980035685002e-02,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T14:13:44.388+00:00','2026-11-29T14:13:44.446+00:00');
INSERT INTO "attempts" VALUES(10,1,'21b7e2ddf01b6d2ee5e26d8d4ab34fd5111e942469358876f2c4cbf2a4f5d26d','ok','','replayed from t.csv','{"loss":0.6371591767636877}',NULL,'[]',0,0,0.106937298005505,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T14:13:44.460+00:00','2026-11-29T14:13:44.568+00:00');
INSERT INTO "attempts" VALUES(11,1,'ff32621c02c30c7c258759920e86908b55457af48479fbb2d005befea57eed24','ok','','replayed from t.csv','{"loss":0.6411591767636877}','{"loss":0.6511591767636877}','[]',0,0,1.44252259997301734983e-02,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T14:13:44.591+00:00','2026-11-29T14:13:44.623+00:00');
INSERT INTO "attempts" VALUES(12,1,'0e42e58b5d241df1f15f8219bfec91deb5e6516b5871f37a28a761d07e50542e','ok','','replayed from t.csv','{"loss":0.6451591767636877}','{"loss":0.6551591767636877}','[]',0,0,1.35235400011879391968e-02,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T14:13:44.626+00:00','2026-11-29T14:13:44.643+00:00');
INSERT INTO "attempts" VALUES(13,1,'6aea060ed33ecdbef5a1e3da0ac2f6c6e00e6c425e19a1cac5559b9421da975b','ok','','replayed from t.csv','{"loss":0.5363088285510481}',NULL,'[]',0,0,2.0728062001580838114e-02,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T14:13:44.656+00:00','2026-11-29T14:13:44.682+00:00');
INSERT INTO "attempts" VALUES(14,1,'a6f884611685741ca835b952e1b94e2aa3c0e7e9c7d8660ae28545b9a58fdadd','ok','','replayed from t.csv','{"loss":0.6263088285510481}',NULL,'[]',0,0,4.4405975000699982047e-02,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T14:13:44.690+00:00','2026-11-29T14:13:44.738+00:00');
INSERT INTO "attempts" VALUES(15,1,'badd5bdd3f523de7ee9721f7a4cfc1ed405766c912df257588079d281997aaa4','ok','','replayed from t.csv','{"loss":0.5403088285510481}','{"loss":0.5503088285510481}','[]',0,0,2.69257600011769682168e-02,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T14:13:44.766+00:00','2026-11-29T14:13:44.805+00:00');
INSERT INTO "attempts" VALUES(16,1,'5eab6add3a3702398d89516b50f41832e2ec60d31381aaf957750299b172a83b','ok','','replayed from t.csv','{"loss":0.5443088285510481}','{"loss":0.5543088285510481}','[]',0,0,2.92389719979837536811e-02,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T14:13:44.814+00:00','2026-11-29T14:13:44.851+00:00');
CREATE TABLE rungs (
  study INTEGER NOT NULL REFERENCES studies ON DELETE CASCADE, n INTEGER NOT NULL, replicate INTEGER NOT NULL,
  subset TEXT NOT NULL, overlap REAL NOT NULL, PRIMARY KEY (study, n, replicate)
);
INSERT INTO "rungs" VALUES(1,20,1,'1c29bc044b90f9d240c471a29761d0a5',0.0);
INSERT INTO "rungs" VALUES(1,20,2,'b6399436c75595f0a9a4584dae764fff',0.0);
INSERT INTO "rungs" VALUES(1,40,1,'4d6ef8a41c305077f52c54485660c632',0.05);
INSERT INTO "rungs" VALUES(1,40,2,'f17d38d5e83c490d7af30448b48fcf04',0.05);
INSERT INTO "rungs" VALUES(1,80,1,'22b5e49d0a6bff34eb3a359a99c0cb81',0.1875);
INSERT INTO "rungs" VALUES(1,80,2,'b52c58422f8833f1adfe3de41883ca0c',0.1875);
INSERT INTO "rungs" VALUES(1,160,1,'285d578774bc98389ecb6232870fc028',0.3875);
INSERT INTO "rungs" VALUES(1,160,2,'16311e2bdccadf292164337b13f00096',0.3875);
INSERT INTO "rungs" VALUES(1,20,0,'08eee4703e3499119fb3c4692a929d79',0.0);
INSERT INTO "rungs" VALUES(1,40,0,'b1221c2830c5bc12ce55b30c451574bb',0.0);
INSERT INTO "rungs" VALUES(1,80,0,'c4b8e198148f6614757d412fe313354c',0.0);
INSERT INTO "rungs" VALUES(1,160,0,'eae2d3e1e1a1090c5f17f8a394ae2670',0.0);
CREATE TABLE studies (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, hash TEXT NOT NULL, identity TEXT NOT NULL,
  description TEXT NOT NULL, data TEXT NOT NULL, created TEXT NOT NULL, holder TEXT NOT NULL DEFAULT ''
);
INSERT INTO "studies" VALUES(1,'s','cc4c34a35b745203c105bb1cd8c18770df380b32c430a7ce81e2ade0c8537dfc','{"data":"e50aa9ed2798820ec7a18905708a0235ea754504ed4efff45236a54e49fa6f22","diverged_above":100.0,"metric":"loss","metrics":[],"net":"lenet","params":{},"search":{"generation":5,"sampler":"random","space":{"lr":[0.01,0.1]},"warm_start":false},"seed":0,"trainer":"replay","training":{"seconds":0.0,"table":"t.csv"}}','{"data":{"examples":400,"source":"blank"},"diverged_above":100.0,"keep_weights":false,"max_n":null,"metric":"loss","metrics":[],"name":"s","net":"lenet","params":{},"replicates":2,"search":{"generation":5,"sampler":"random","space":{"lr":[0.01,0.1]},"trials":2,"warm_start":false},"seed":0,"seeds_per_subset":1,"sizes":[20,40,80,160],"timeout":null,"trainer":"replay","training":{"table":"t.csv"}}','{"chance":{},"classes":0,"fingerprint":"e50aa9ed2798820ec7a18905708a0235ea754504ed4efff45236a54e49fa6f22","name":"blank","notes":["the examples are blank: nothing can be learnt from them"],"task":"regression","test":1,"train":400,"validation":1}','2026-11-29T14:13:44+00:00','process 31534 on vm, since 2026-11-29T14:13:44+00:00');
CREATE TABLE trials (
  study INTEGER NOT NULL REFERENCES studies ON DELETE CASCADE, id TEXT NOT NULL, purpose TEXT NOT NULL,
  n INTEGER NOT NULL, replicate INTEGER NOT NULL, number INTEGER NOT NULL, seed INTEGER NOT NULL,
  params TEXT NOT NULL, parent TEXT, PRIMARY KEY (study, id)
);
INSERT INTO "trials" VALUES(1,'c2280eaa4984542a70463f8761e9e014fb5e389dbabc9197acc93f1fd2af05a0','search',20,0,0,950571230501138883,'{"lr":0.01}',NULL);
INSERT INTO "trials" VALUES(1,'cfa675b1e637be121b5e204a62c90a981d81a50c102f099234848a4222d4f63f','search',20,0,1,4985073743553147588,'{"lr":0.01}',NULL);
INSERT INTO "trials" VALUES(1,'e67ac851ac30490a8fbc4ee6d44e2e48a0a200ca88b0a8cc907cdf1bb091176f','score',20,1,0,1425356035985454837,'{"lr":0.01}','c2280eaa4984542a70463f8761e9e014fb5e389dbabc9197acc93f1fd2af05a0');
INSERT INTO "trials" VALUES(1,'8396687981e3d414ca0cfe84f831e14c65bb92aceb09abaed7722715e390e748','score',20,2,0,179706312961301156,'{"lr":0.01}','c2280eaa4984542a70463f8761e9e014fb5e389dbabc9197acc93f1fd2af05a0');
INSERT INTO "trials" VALUES(1,'680b7c6b3739e7a1868e3348dc4f6f19003d69e4c1a0d87c0805dd4e9194d4e4','search',40,0,0,1499265342640144554,'{"lr":0.1}',NULL);
INSERT INTO "trials" VALUES(1,'4891eeb9c4e6b4b344963e676bbbe1f245d70c29db2bfc7139317bc21dd4077c','search',40,0,1,2039111078144520790,'{"lr":0.01}',NULL);
INSERT INTO "trials" VALUES(1,'9836c83fd2aca27099d3dd6ced3df18a0cc76a6a35ef848296f20ab6c23aa914','score',40,1,0,2251421818841656371,'{"lr":0.1}','680b7c6b3739e7a1868e3348dc4f6f19003d69e4c1a0d87c0805dd4e9194d4e4');
INSERT INTO "trials" VALUES(1,'f1b70152df071346c6f9e57a9b9b1e87777176e39522d7c9547c897694112fc2','score',40,2,0,7955468434933871777,'{"lr":0.1}','680b7c6b3739e7a1868e3348dc4f6f19003d69e4c1a0d87c0805dd4e9194d4e4');
INSERT INTO "trials" VALUES(1,'d122aa804d426730dd8fb0612eaa1db99223e454d4983f5d22139755b129d277','search',80,0,0,8297496355627272752,'{"lr":0.01}',NULL);
INSERT INTO "trials" VALUES(1,'21b7e2ddf01b6d2ee5e26d8d4ab34fd5111e942469358876f2c4cbf2a4f5d26d','search',80,0,1,1809528828584268310,'{"lr":0.1}',NULL);
INSERT INTO "trials" VALUES(1,'ff32621c02c30c7c258759920e86908b55457af48479fbb2d005befea57eed24','score',80,1,0,1242017730280604040,'{"lr":0.1}','21b7e2ddf01b6d2ee5e26d8d4ab34fd5111e942469358876f2c4cbf2a4f5d26d');
INSERT INTO "trials" VALUES(1,'0e42e58b5d241df1f15f8219bfec91deb5e6516b5871f37a28a761d07e50542e','score',80,2,0,1218008887829005484,'{"lr":0.1}','21b7e2ddf01b6d2ee5e26d8d4ab34fd5111e942469358876f2c4cbf2a4f5d26d');
INSERT INTO "trials" VALUES(1,'6aea060ed33ecdbef5a1e3da0ac2f6c6e00e6c425e19a1cac5559b9421da975b','search',160,0,0,4655525667110294952,'{"lr":0.1}',NULL);
INSERT INTO "trials" VALUES(1,'a6f884611685741ca835b952e1b94e2aa3c0e7e9c7d8660ae28545b9a58fdadd','search',160,0,1,3337641992998112834,'{"lr":0.01}',NULL);
INSERT INTO "trials" VALUES(1,'badd5bdd3f523de7ee9721f7a4cfc1ed405766c912df257588079d281997aaa4','score',160,1,0,1936847085892019860,'{"lr":0.1}','6aea060ed33ecdbef5a1e3da0ac2f6c6e00e6c425e19a1cac5559b9421da975b');
INSERT INTO "trials" VALUES(1,'5eab6add3a3702398d89516b50f41832e2ec60d31381aaf957750299b172a83b','score',160,2,0,7813086702317676451,'{"lr":0.1}','6aea060ed33ecdbef5a1e3da0ac2f6c6e00e6c425e19a1cac5559b9421da975b');
CREATE TABLE winners (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, study INTEGER NOT NULL REFERENCES studies ON DELETE CASCADE,
  n INTEGER NOT NULL, trials INTEGER NOT NULL, trial TEXT, at_edge TEXT NOT NULL, UNIQUE (study, n, trials, trial)
);
INSERT INTO "winners" VALUES(1,1,20,2,'c2280eaa4984542a70463f8761e9e014fb5e389dbabc9197acc93f1fd2af05a0','[]');
INSERT INTO "winners" VALUES(2,1,40,2,'680b7c6b3739e7a1868e3348dc4f6f19003d69e4c1a0d87c0805dd4e9194d4e4','[]');
INSERT INTO "winners" VALUES(3,1,80,2,'21b7e2ddf01b6d2ee5e26d8d4ab34fd5111e942469358876f2c4cbf2a4f5d26d','[]');
INSERT INTO "winners" VALUES(4,1,160,2,'6aea060ed33ecdbef5a1e3da0ac2f6c6e00e6c425e19a1cac5559b9421da975b','[]');
CREATE UNIQUE INDEX one_result ON attempts (study, trial) WHERE state IN ('ok', 'diverged');
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('attempts',16);
INSERT INTO "sqlite_sequence" VALUES('winners',4);
COMMIT;
